"""Paragraphs of a specification: the rules that a reviewer should have in mind."""

from __future__ import annotations

from kit.guidelines.paragraph.advice import advise

__all__ = ["advise"]
