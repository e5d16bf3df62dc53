"""One migration in the model."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib.util import find_spec
from typing import TYPE_CHECKING

from kit.migration.convergence import convergence
from kit.migration.errors import NumpyMissing, at_least, one_of
from kit.migration.guest import Guest
from kit.migration.knobs import Knobs
from kit.migration.link import Link
from kit.migration.passes import PassRun
from kit.migration.turns import Turn, schedule

if TYPE_CHECKING:
    from kit.migration.log import Sample
    from kit.migration.result import Result

HORIZON_S = 86_400.0


def finest() -> str:
    """The finest resolution that this machine has: `page` with NumPy, `pass` without it."""
    return "page" if find_spec("numpy") is not None else "pass"


def simulate(
    guest: Guest, knobs: Knobs | None = None, link: Link | None = None, *, turns: Iterable[Turn] = (),
    resolution: str = "pass", seed: int = 0, horizon_s: float = HORIZON_S,
    on_sample: Callable[[Sample], None] | None = None,
) -> Result:  # fmt: skip
    """Simulate one migration.

    Parameters
    ----------
    guest : Guest
        What migrates.
    knobs : Knobs, optional
        Settings; default QEMU's own. `Knobs.nova()` has Nova's.
    link : Link, optional
        The network; default 10 Gbit/s.
    turns : iterable of Turn
        What is turned while it runs. Nova's downtime steps and timeout are added by the knobs.
    resolution : str
        `pass` is quick and smooth; `page` follows QEMU page by page in windows of 100 ms (needs NumPy).
    seed : int
        For the random pages of `page`.
    horizon_s : float
        Seconds after which a run that is still changing is given up.
    on_sample : callable, optional
        Called with every window of `page`; for a progress bar.

    Raises
    ------
    ValueOutOfRange
        For a value QEMU or Nova would refuse.
    NumpyMissing
        `page` without NumPy.

    >>> simulate(Guest(1024, used_mib=0)).status
    'completed'
    """
    from kit.migration.result import Result

    one_of("resolution", resolution, ("pass", "page"))
    at_least("horizon_s", horizon_s, 1)
    knobs, link = knobs or Knobs(), link or Link()
    first, plan = schedule(guest, knobs, turns)
    if resolution == "page":
        try:
            from kit.migration.pages import PageRun
        except ModuleNotFoundError:
            raise NumpyMissing("the model page by page") from None

        log = PageRun(guest, first, link, plan, seed, horizon_s, on_sample).run()
    else:
        log = PassRun(guest, first, link, plan, horizon_s).run()
    last = first
    for turn in log.done:
        last = last.but(**turn.values)
    return Result(guest, knobs, link, log, convergence(guest, last, link, log.throttle_pct), resolution)
