"""A running lab: the cloud, the steps, and the verbs that a notebook calls."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kit.cloud import Cloud
from kit.cloud.identity.models import projects, users
from kit.errors import KitError, LabError
from kit.lab import hands, judge, notebook
from kit.lab.calls import Calls
from kit.lab.folder import HOME, Folder, find
from kit.lab.outcome import ERROR, NOT_ATTEMPTED, NOT_YET, Note, Outcome
from kit.lab.panel import Line, Panel
from kit.lab.progress import Progress, load
from kit.lab.step import Step
from kit.lab.terminal import Terminal

if TYPE_CHECKING:
    from openstack.connection import Connection

LEVELS = ("nudge", "pointer", "nearly the answer")


def start(name: str, *, solve: bool | str = False) -> Lab:
    """Start a lab, or go on where it was left.

    Parameters
    ----------
    name : str
        The lab's folder: `00-quick-start`.
    solve : bool or str
        False for a learner. True gives each step its stored solution and demands that every check
        passes; `wrong:NAME` and `wrong:all` feed catalogued wrong answers and demand the sentence
        that each must get. The last two are for tests.

    Raises
    ------
    LabError
        When there is no such lab, or its folder is broken.
    """
    folder = find(name)
    home = os.environ.get(HOME)
    headless = solve is not False
    progress = load(folder.name, Path(home) if home and not headless else None)
    return Lab(folder, progress, solve)


class Lab:
    """One lab with its cloud.

    Attributes
    ----------
    cloud : Cloud
        The mock OpenStack of this lab.
    """

    def __init__(self, folder: Folder, progress: Progress, solve: bool | str = False) -> None:
        self.folder = folder
        self.name = folder.name
        self.solve = solve
        self.steps: dict[str, Step] = {step.name: step for step in folder.steps()}
        self._progress = progress
        self.cloud = Cloud.from_seed(folder.seed)
        self._origin = self.cloud.snapshot()
        self._saved: bytes | None = None
        self._terminal: Terminal | None = None
        # The cloud as each step found it: a step's reset goes back there.
        self._before: dict[str, bytes] = {}
        resumed = bool(progress.steps)
        if progress.cloud:
            try:
                self.cloud.restore(progress.cloud)
            except KitError as error:
                progress.note = f"The saved cloud could not be restored ({error.what}); it starts from its seed."
        self._resumed = resumed
        self._wanted = judge.wanted(solve, list(self.steps.values()))

    # What the learner sees

    def panel(self) -> Panel:
        """Where am I, how far, how long still."""
        lines = []
        for step in self.steps.values():
            done = self._progress.steps.get(step.name)
            state = "open" if done is None or not done.passed else "solution shown" if done.solution else "done"
            lines.append(Line(step.name, step.title, step.minutes, state))
        note = self._progress.note or ("Welcome back: steps and cloud are as you left them." if self._resumed else "")
        return Panel(self.folder.title(), lines, note)

    progress = panel

    def __repr__(self) -> str:
        return repr(self.panel())

    def _repr_html_(self) -> str:
        return self.panel()._repr_html_()

    # The verbs

    def check(self, name: str, *answer: Any) -> Outcome:
        """Judge an answer. It prints one of four outcomes and never raises for a learner."""
        step = self._step(name)
        self._before.setdefault(name, self.cloud.snapshot())
        if self._wanted:
            return self._headless(step, answer)
        outcome = judge.judge(self, step, answer)
        done = self._progress.of(name)
        if outcome.state != NOT_ATTEMPTED:
            done.attempts += 1
        done.passed = done.passed or outcome.passed
        done.feedback = " ".join(outcome.lines)
        self._progress.save(self.cloud.snapshot())
        footer = self.panel().summary if outcome.passed else ""
        if outcome.state in (NOT_YET, ERROR) and done.attempts >= 2 and done.hints < len(LEVELS):
            footer = f'A hint helps: lab.hint("{name}")'
        return Outcome(outcome.step, outcome.state, outcome.lines, footer)

    def _headless(self, step: Step, answer: tuple[Any, ...]) -> Outcome:
        """Tests: the stored answers instead of the notebook's, and no mercy."""
        outcome = judge.rehearse(self, step, self._wanted)
        done = self._progress.of(step.name)
        done.attempts, done.passed = 1, True
        return Outcome(outcome.step, outcome.state, outcome.lines, self.panel().summary if outcome.passed else "")

    def hint(self, name: str, level: int | None = None) -> Note:
        """The next of three hints, or the one of that level (1 to 3)."""
        step, done = self._step(name), self._progress.of(name)
        number = level or min(done.hints + 1, len(LEVELS))
        if not 1 <= number <= len(LEVELS):
            return Note(f"There are three hints, not {number}.", 'Ask for lab.hint("...", 1), 2 or 3.')
        done.hints = max(done.hints, number)
        self._progress.save()
        last = "" if number < len(LEVELS) else f'\nStill stuck? lab.solution("{name}"), or lab.raise_hand("...").'
        return Note(f"Hint {number} of 3 ({LEVELS[number - 1]})", step.hints[number - 1] + last)

    def solution(self, name: str, *, run: bool = False) -> Note:
        """Show a step's solution; it is counted. `run=True` also sets the notebook's variables by it."""
        step, done = self._step(name), self._progress.of(name)
        done.solution = True
        self._progress.save()
        if run:
            judge.execute(self, step.solution, notebook.namespace())
        return Note("One right answer", Step.code(step.solution), code=True)

    def reset(self, name: str | None = None) -> Panel:
        """Forget one step, or the whole lab, and put its cloud back to where it began."""
        if name is None:
            self._progress.steps.clear()
            self._before.clear()
            self.cloud.restore(self._origin)
        else:
            self._step(name)
            self._progress.steps.pop(name, None)
            self.cloud.restore(self._before.pop(name, self._origin))
        self._progress.note = "" if name is None else self._progress.note
        self._resumed = False
        self.cloud.faults.clear()
        self._progress.save(self.cloud.snapshot())
        return self.panel()

    def raise_hand(self, text: str = "") -> Note:
        """Ask for help: your words and where you are go into a file that you can hand on."""
        here = next((step.name for step in self.steps.values() if not self._progress.of(step.name).passed), "")
        file = hands.save(self, here, self._progress.of(here) if here else None, text)
        return Note(
            f"Your hand is up (step {here or 'none: all are done'}).", f"Show your instructor {file}, or send it."
        )

    # The cloud

    def connect(self, user: str = "admin", project: str | None = None, **options: Any) -> Connection:
        """An openstacksdk Connection to the lab's cloud; a user's own project unless told otherwise."""
        return self.cloud.connect(user, project or self._home(user), **options)

    def _home(self, user: str) -> str:
        with self.cloud.read() as tx:
            row = tx.first(users, name=user)
            home = tx.get(projects, row["default_project_id"]) if row else None
        return str(home["name"]) if home else "admin"

    def file(self, name: str) -> Path:
        """A file of the lab's own folder.

        Raises
        ------
        LabError
            When there is none of that name.
        """
        path = self.folder.path / name
        if not path.exists():
            raise LabError(
                f"this lab has no file {name!r}", where=str(self.folder.path), todo="kit lab --reset brings it back."
            )
        return path

    def calls(self, count: int = 10) -> Calls:
        """The last calls made to the cloud, oldest first."""
        return Calls(list(self.cloud.exchanges)[-count:])

    def fresh_cloud(self, seed: Mapping[str, Any] | None = None, *, random_seed: int | None = None) -> Cloud:
        """Another cloud: as the lab began, or from a seed of its own; a check judges on it.

        Parameters
        ----------
        random_seed : int, optional
            Gives everything another id, so that an id which was written down is of no use.
        """
        return Cloud.from_seed(self.folder.seed if seed is None else seed, random_seed=random_seed)

    def snapshot(self) -> Note:
        """Remember the cloud as it is now; `restore` brings it back."""
        self._saved = self.cloud.snapshot()
        return Note("The cloud is remembered.", "lab.restore() brings it back.")

    def restore(self) -> Note:
        """Bring the cloud back to the last snapshot, or to where the lab began."""
        self.cloud.restore(self._saved or self._origin)
        return Note("The cloud is back.", "It is as you remembered it." if self._saved else "It is as the lab began.")

    def terminal(self, user: str = "admin") -> Terminal:
        """Let a terminal reach the same cloud: it goes on a port of this machine."""
        if self._terminal is None:
            self._terminal = Terminal(self.cloud, user, self._home(user))
        return self._terminal

    def _step(self, name: str) -> Step:
        if name not in self.steps:
            close = difflib.get_close_matches(name, self.steps, 1)
            todo = f"Did you mean {close[0]!r}?" if close else f"There are: {', '.join(self.steps)}."
            raise LabError(f"this lab has no step {name!r}", where=self.name, todo=todo)
        return self.steps[name]
