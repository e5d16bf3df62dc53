"""Stills: what panels and pictures are where outputs are kept, in a stored notebook or a compared run.

A stored output has no kernel behind it, stays small, and is compared text by text; so it holds the text form.
"""

from __future__ import annotations

import os
from typing import Any

import ipywidgets as widgets

# Set to "off" by runs whose outputs are stored or compared.
KEPT = "KIT_PROGRESS"


def kept() -> bool:
    """Whether this run's outputs are stored or compared."""
    return os.environ.get(KEPT, "").lower() == "off"


class Panel(widgets.VBox):
    """A panel of widgets; its text where outputs are kept."""

    def _repr_mimebundle_(self, **options: Any) -> Any:
        return {"text/plain": repr(self)} if kept() else super()._repr_mimebundle_(**options)


class Shown:
    """A picture that shows itself where somebody looks, and is its text where outputs are kept."""

    def __init__(self, picture: Any) -> None:
        self.picture = picture

    def _repr_html_(self) -> str | None:
        return None if kept() else str(self.picture._repr_html_())

    def __repr__(self) -> str:
        return repr(self.picture)


def show(picture: Any) -> Shown:
    """Show a picture of the kit (`plot()` of an engine, a chart) in a notebook whose outputs may be kept."""
    return Shown(picture)
