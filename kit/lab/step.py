"""A step of a lab: what is asked, how an answer is judged, and what helps."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from kit.lab.lab import Lab


class NotYet(Exception):
    """An answer that is not right yet: at most three lines.

    Parameters
    ----------
    seen : str
        What the answer does.
    expected : str
        What was asked for.
    next : str
        The next thing to try.
    """

    def __init__(self, seen: str, expected: str = "", next: str = "") -> None:
        super().__init__(seen)
        self.seen = seen
        self.expected = expected
        self.next = next

    def lines(self) -> list[str]:
        """What is printed."""
        return [line for line in (self.seen, self.expected, self.next) if line]


class NotAttempted(Exception):
    """An answer that still is, or still gives, the `...` of the starter cell."""


@dataclass(frozen=True)
class Wrong:
    """A wrong answer that learners give, and what the check must say to it.

    Attributes
    ----------
    code : str
        Python that sets the step's variables to the wrong answer.
    says : str
        A part of the sentence that the check must print.
    """

    code: str
    says: str


class Step:
    """One step. A lab's `steps.py` holds one subclass for each, in order.

    Attributes
    ----------
    name : str
        What the notebook calls it: `lab.check("servers", ...)`.
    title : str
        What the learner reads in the panel.
    minutes : int
        How long it takes.
    variables : tuple of str
        The notebook's variables that hold the answer; `solution` and every `wrong` set them.
    hints : tuple of str
        Three: a nudge, a pointer, nearly the answer.
    solution : str
        Python that sets the variables to a right answer, as the learner might write it.
    wrong : dict
        At least two wrong answers by name.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    minutes: ClassVar[int] = 2
    variables: ClassVar[tuple[str, ...]] = ()
    hints: ClassVar[tuple[str, str, str]]
    solution: ClassVar[str] = ""
    wrong: ClassVar[dict[str, Wrong]] = {}

    def check(self, lab: Lab, *answer: Any) -> str | None:
        """Judge an answer: return (a word of praise, if you like), or raise `NotYet`."""
        raise NotImplementedError

    @classmethod
    def code(cls, text: str) -> str:
        """A solution's or a wrong answer's source without its common indent."""
        return textwrap.dedent(text).strip() + "\n"
