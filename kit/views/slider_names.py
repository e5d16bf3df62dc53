"""Names for the sliders of a panel, for the keyboard and for screen readers."""

from __future__ import annotations

from pathlib import Path

import anywidget


class SliderNames(anywidget.AnyWidget):
    """Gives each slider of the panel that it stands in its label as a name, and its readout as its value.

    ipywidgets labels the box around a slider, not the handle that takes the focus.
    """

    _esm = Path(__file__).with_name("slider_names.js")
