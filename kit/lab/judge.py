"""Judging: a learner's answer, or in a rehearsal the stored solutions and wrong answers."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kit.errors import KitError, LabError
from kit.lab.outcome import ERROR, NOT_ATTEMPTED, NOT_YET, PASSED, Outcome
from kit.lab.patience import LIMIT_S, TimeIsUp, patience
from kit.lab.step import NotAttempted, NotYet, Step

if TYPE_CHECKING:
    from kit.lab.lab import Lab

SOLVE = "solve"


def judge(lab: Lab, step: Step, answer: tuple[Any, ...]) -> Outcome:
    """The outcome of one answer; whatever goes wrong is told, not raised."""
    try:
        if not answer or any(value is Ellipsis for value in answer):
            raise NotAttempted
        with patience():
            said = step.check(lab, *answer)
    except NotAttempted:
        names = " and ".join(step.variables) or "your answer"
        return Outcome(step.name, NOT_ATTEMPTED, [f"Replace the ... in {names}, run that cell, then check again."])
    except NotYet as feedback:
        return Outcome(step.name, NOT_YET, feedback.lines()[:3])
    except (KeyboardInterrupt, TimeIsUp) as error:
        return Outcome(step.name, ERROR, _stopped(error))
    except Exception as error:
        return Outcome(step.name, ERROR, _blame(lab, error))
    return Outcome(step.name, PASSED, [said] if said else [])


def _stopped(error: BaseException) -> list[str]:
    """Code that did not end, with the line where it was."""
    why = "You interrupted it" if isinstance(error, KeyboardInterrupt) else f"It still ran after {LIMIT_S:.0f} s"
    return [f"{why}, and it was stopped.", *_line(error), "Does every loop end?"]


def _line(error: BaseException) -> list[str]:
    """The line of the learner's cell that an error comes from, if it comes from there."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if _learners(frame.filename)]
    return [f"in line {frames[-1].lineno} of your cell: {(frames[-1].line or '').strip()[:200]}"] if frames else []


def _blame(lab: Lab, error: Exception) -> list[str]:
    """Whose mistake it is: the learner's code, with its line, or the check's own."""
    said = str(error).splitlines()[0] if str(error) else "no message"
    # The SDK's errors begin with their own names.
    text = said if said.startswith(f"{type(error).__name__}:") else f"{type(error).__name__}: {said}"
    todo = [error.todo] if isinstance(error, KitError) and error.todo else []
    own = _line(error)
    if own or isinstance(error, KitError):  # an engine's own error is about what the learner wrote
        return [text[:300], *own, *todo]
    folder = lab.folder.path.resolve()
    checking = any(
        folder in Path(frame.filename).resolve().parents for frame in traceback.extract_tb(error.__traceback__)
    )
    if checking and isinstance(error, TypeError | ValueError | AttributeError | LookupError):
        return [
            f"Your answer could not be read: {text[:200]}",
            "Is it of the kind that the step asks for?",
            'If it is, tell us: lab.raise_hand("the check failed").',
        ]
    return [
        f"The check itself failed: {text[:200]}",
        "That is our mistake, not yours.",
        'Please tell us: lab.raise_hand("the check failed").',
    ]


def _learners(filename: str) -> bool:
    """Whether a frame is in a notebook's cell (or in a stored answer of a rehearsal)."""
    return "ipykernel_" in filename or filename.startswith("<ipython-input") or filename == "<answer>"


def wanted(solve: bool | str, steps: list[Step]) -> dict[str, list[str]]:
    """Which answers a rehearsal feeds, by step; empty for a learner.

    Raises
    ------
    LabError
        When `solve` is not True, False, `wrong:all` or `wrong:NAME`.
    """
    if solve is False or solve == "False":
        return {}
    if solve is True or solve == "True":
        return {step.name: [SOLVE] for step in steps}
    kind, _, name = str(solve).partition(":")
    known = {wrong for step in steps for wrong in step.wrong}
    if kind != "wrong" or (name != "all" and name not in known):
        raise LabError(
            f"SOLVE cannot be {solve!r}",
            todo=f"False, True, 'wrong:all', or 'wrong:NAME' with: {', '.join(sorted(known))}.",
        )
    found = {}
    for step in steps:
        names = [wrong for wrong in step.wrong if name in ("all", wrong)]
        found[step.name] = [*names, SOLVE]
    return found


def rehearse(lab: Lab, step: Step, answers: dict[str, list[str]]) -> Outcome:
    """Feed a step its stored answers; the last one's outcome is given.

    Raises
    ------
    LabError
        When the solution does not pass, or a wrong answer does not get its own sentence.
    """
    from kit.lab.notebook import namespace

    space = namespace()
    last: Outcome | None = None
    for name in answers[step.name]:
        source = step.solution if name == SOLVE else step.wrong[name].code
        before = lab.cloud.snapshot()
        trial = space if name == SOLVE else dict(space)
        execute(lab, source, trial)
        outcome = judge(lab, step, tuple(trial[variable] for variable in step.variables))
        if name == SOLVE:
            if not outcome.passed:
                raise LabError(f"the solution does not pass: {outcome!r}", where=f"{lab.name}/{step.name}")
            last = outcome
        else:
            _says(lab, step, name, outcome)
            print(f"{step.name}, {name}: {outcome.state}: {' '.join(outcome.lines)}")
            lab.cloud.restore(before)
    assert last is not None
    return last


def _says(lab: Lab, step: Step, name: str, outcome: Outcome) -> None:
    says = step.wrong[name].says
    if outcome.passed or says not in " ".join(outcome.lines):
        raise LabError(
            f"the wrong answer {name!r} gets: {outcome!r}", where=f"{lab.name}/{step.name}", todo=f"Expected: {says}"
        )


def execute(lab: Lab, source: str, space: dict[str, Any]) -> None:
    """Run a stored answer in a namespace, as if the learner had typed it."""
    exec(compile(Step.code(source), "<answer>", "exec"), space)
