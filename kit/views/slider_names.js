// A slider's handle is what the keyboard moves and a screen reader reads, and it has neither name nor unit:
// it gets the label beside it and the text of its readout.
export default {
  render({ el }) {
    el.style.display = "none";
    const set = (handle, name, text) => {
      if (text && handle.getAttribute(name) !== text) handle.setAttribute(name, text);
    };
    const name = (panel) => {
      for (const box of panel.querySelectorAll(".widget-slider")) {
        const handle = box.querySelector(".noUi-handle");
        if (!handle) continue;
        set(handle, "aria-label", box.querySelector(".widget-label")?.textContent);
        set(handle, "aria-valuetext", box.querySelector(".widget-readout")?.textContent);
      }
    };
    let watch;
    const start = setTimeout(() => {
      const panel = el.closest(".widget-vbox") ?? document.body;
      name(panel);
      watch = new MutationObserver(() => name(panel));
      watch.observe(panel, { subtree: true, childList: true, characterData: true, attributeFilter: ["aria-valuetext"] });
    });
    return () => {
      clearTimeout(start);
      watch?.disconnect();
    };
  },
};
