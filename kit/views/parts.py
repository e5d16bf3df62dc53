"""What live panels are made of: headings, tables, buttons that say what they did, and a beat."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path

import anywidget
import ipywidgets as widgets
import traitlets

_CELL = 'style="text-align:left;padding:.15em .8em .15em 0;vertical-align:top;overflow-wrap:anywhere"'


class Ticker(anywidget.AnyWidget):
    """Sends a message in regular intervals as long as the page is open."""

    _esm = Path(__file__).with_name("ticker.js")
    milliseconds = traitlets.Int(1500).tag(sync=True)


class LivePanel(widgets.VBox):
    """A panel whose buttons act on a cloud and whose parts are drawn anew as it changes."""

    def __init__(self) -> None:
        super().__init__()
        self.said = widgets.HTML()
        self.ticker = Ticker()
        self.ticker.on_msg(lambda *_: self.refresh())

    def refresh(self) -> None:
        """Look at the cloud, and draw anew what has changed."""
        raise NotImplementedError

    def tell(self, text: str) -> None:
        """Say what a button has done."""
        self.said.value = f'<div role="status" style="min-height:1.6em">{escape(text)}</div>'

    def button(self, text: str, action: Callable[[], str], tip: str) -> widgets.Button:
        """A button that says what its action gives."""
        made = widgets.Button(description=text, tooltip=tip, layout=widgets.Layout(width="auto"))
        made.on_click(lambda _: self.run(action))
        return made

    def run(self, action: Callable[[], str]) -> None:
        """Do what a button asks for; what the cloud refuses is said, not raised."""
        try:
            told = action()
        except Exception as error:
            told = f"The cloud refuses: {_words(error)}"
        self.refresh()  # first, so that what is said is never ahead of what is shown
        self.tell(told)


def _words(error: Exception) -> str:
    """The service's own words, without the client's class, status and URL before them."""
    said = getattr(error, "details", None) or str(error)
    return str(said).splitlines()[0][:300]


def row(*items: widgets.Widget) -> widgets.HBox:
    """Things beside each other, wrapped where the page is narrow."""
    return widgets.HBox(list(items), layout=widgets.Layout(flex_flow="row wrap", align_items="center"))


def half(*items: widgets.Widget) -> widgets.VBox:
    """One of two columns, below each other where the page is narrow."""
    layout = widgets.Layout(flex="1 1 26em", padding="0 1em 0 0", overflow="auto")
    return widgets.VBox(list(items), layout=layout)


def title(text: str, below: str) -> widgets.HTML:
    """The page's heading and a line that says what it is."""
    return widgets.HTML(
        f'<h1 style="margin:.2em 0 0">{escape(text)}</h1><p style="margin:0 0 .6em">{escape(below)}</p>'
    )


def section(text: str) -> widgets.HTML:
    """A heading of a part."""
    return widgets.HTML(f'<h2 style="margin:.8em 0 .2em;font-size:1.15em">{escape(text)}</h2>')


def whole(text: str) -> str:
    """A text of a cell that is not broken into lines."""
    return f'<span style="white-space:nowrap">{escape(text)}</span>'


def close(html: str) -> str:
    """A table whose lines stand close to each other."""
    return f'<div style="line-height:1.35">{html}</div>'


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]], empty: str) -> str:
    """A table as HTML; its cells are HTML already."""
    if not rows:
        return f"<p>{escape(empty)}</p>"
    top = "".join(f'<th scope="col" {_CELL}>{whole(name)}</th>' for name in head)
    body = "".join("<tr>" + "".join(f"<td {_CELL}>{cell}</td>" for cell in line) + "</tr>" for line in rows)
    return f'<table style="border-collapse:collapse"><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>'
