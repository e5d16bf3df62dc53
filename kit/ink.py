"""Colours of words: the theme's own, mixed with the ink until they can be read on its paper."""

from __future__ import annotations


def tone(name: str) -> str:
    """The colour of a word that is good, doubtful or bad, as CSS.

    The theme's own orange has a contrast of 2.7 on white, its green 4.1; WCAG 2 asks for 4.5. Mixed with
    the colour of the text around it, each has more than that in JupyterLab's light and dark themes. Where there is
    no theme a word has the colour of that text: signs and words tell the same.

    Parameters
    ----------
    name : str
        `success`, `warn`, `error` or `info`.
    """
    return f"color-mix(in srgb, var(--jp-{name}-color1, currentcolor) 65%, currentcolor)"
