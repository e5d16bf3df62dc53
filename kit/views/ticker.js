// Tells Python once in a while that somebody is looking; while the page is hidden it is silent.
export default {
  render({ model, el }) {
    el.style.display = "none";
    const timer = setInterval(() => {
      if (!document.hidden) model.send({ tick: true });
    }, model.get("milliseconds"));
    return () => clearInterval(timer);
  },
};
