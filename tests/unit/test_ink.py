"""Colours of words can be read: WCAG 2 asks for a contrast of 4.5."""

import re

import pytest

from kit.ink import tone

# JupyterLab 4's own: the theme's colours, its ink and its paper.
LIGHT = {"warn": "f57c00", "success": "388e3c", "error": "d32f2f", "info": "0097a7"}
DARK = {"warn": "ff9800", "success": "4caf50", "error": "f44336", "info": "00bcd4"}


def rgb(text):
    return [int(text[place : place + 2], 16) for place in (0, 2, 4)]


def luminance(colour):
    parts = [each / 255 for each in colour]
    red, green, blue = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("name", LIGHT)
@pytest.mark.parametrize(("theme", "ink", "paper"), [(LIGHT, "212121", "ffffff"), (DARK, "e0e0e0", "212121")])
def test_a_word_can_be_read_on_both_papers(name, theme, ink, paper):
    share = int(re.search(r"(\d+)%", tone(name))[1]) / 100
    mixed = [share * one + (1 - share) * other for one, other in zip(rgb(theme[name]), rgb(ink), strict=True)]
    bright, dim = sorted((luminance(mixed), luminance(rgb(paper))), reverse=True)
    assert (bright + 0.05) / (dim + 0.05) >= 4.5
