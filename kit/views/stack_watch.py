"""A stack that fills in: its tree as the cloud's time goes by."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import ipywidgets as widgets

from kit.hot.remote import RemoteError
from kit.views.look import AGENT, Watched, unseen
from kit.views.parts import LivePanel, row
from kit.views.stack_tree import StackTree, stack_tree
from kit.views.still import kept

LONGEST = 600  # seconds of the cloud's time that `finish` waits
BEAT = 1000  # milliseconds


class StackWatch(LivePanel):
    """A live panel: play time, and see one resource after the other come.

    Parameters
    ----------
    cloud : Watched
        A `kit.cloud.Cloud` with a clock that is turned by hand.
    name : str
        The stack; it need not be there yet.
    user, project : str
        Who looks.
    pace : int
        Seconds of the cloud's time for a beat.
    beat : callable, optional
        Called after each turn of the clock: what the servers of the stack do.
    changed : callable, optional
        Called with the tree, or None, whenever it was drawn anew.
    """

    def __init__(
        self, cloud: Watched, name: str, user: str = "admin", project: str = "admin", *, pace: int = 1,
        beat: Callable[[], object] | None = None, changed: Callable[[StackTree | None], None] | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.cloud, self.name, self.pace = cloud, name, pace
        self._beat, self._changed = beat, changed
        self._seen: tuple[Any, ...] = ()
        with unseen(cloud):
            self.connection = cloud.connect(user, project)
            self.connection.session.app_name = AGENT
        self.ticker.milliseconds = BEAT
        self.found: StackTree | None = None
        self.clock, self.tree = widgets.HTML(), widgets.HTML()
        self.play = widgets.ToggleButton(
            description="▶ Play", tooltip=f"Let time go by, {pace} s a beat", layout=widgets.Layout(width="auto")
        )
        self.play.observe(self._named, "value")
        steps = [
            self.button(f"+{seconds} s", partial(self._turn, seconds), f"Move the cloud's clock by {seconds} s")
            for seconds in (1, 10)
        ]
        end = self.button("To the end", self._finish, "Let time go by until the stack is no longer busy")
        self.children = (row(self.clock, self.play, *steps, end), self.said, self.tree, self.ticker)
        self.draw()

    def _named(self, change: dict[str, Any]) -> None:
        self.play.description = "❚❚ Pause" if change["new"] else "▶ Play"

    def look(self) -> StackTree | None:
        """The tree as it is now; None where there is no such stack."""
        with unseen(self.cloud):
            try:
                return stack_tree(self.connection, self.name)
            except RemoteError as error:
                if error.status != 404:
                    raise
                return None

    @property
    def busy(self) -> bool:
        """Whether the stack, or one inside after a signal, has more to do."""
        return self.found is not None and self.found.busy

    def turn(self, seconds: int) -> None:
        """Move the clock on, let the servers work, and look."""
        self.cloud.clock.advance(seconds)
        if self._beat is not None:
            with unseen(self.cloud):
                self._beat()
        self.draw()

    def finish(self) -> StackTree | None:
        """Let time go by until the stack is no longer busy, and give its tree."""
        for _ in range(LONGEST):
            # At least one turn: what a signal sets going shows only then.
            self.turn(1)
            if not self.busy:
                break
        self.play.value = False
        return self.found

    def _turn(self, seconds: int) -> str:
        self.turn(seconds)
        return f"{seconds} s later."

    def _finish(self) -> str:
        before = self.cloud.clock.now()
        found = self.finish()
        if found is None:
            return f"There is no stack {self.name} yet."
        return f"{found.root.state} after {(self.cloud.clock.now() - before).seconds} s."

    def refresh(self) -> None:
        """A beat: time goes on while it is played, and the tree is drawn when anything has changed."""
        if self.play.value:
            self.turn(self.pace)
            self.play.value = self.busy
        else:
            self.draw()

    def draw(self) -> None:
        """Look, and draw anew what has changed."""
        now = self.cloud.clock.now()
        if self._seen and self._seen == (self.cloud.exchanges.count, now):
            return
        self.found = self.look()
        self.clock.value = f'<strong style="margin-right:1em">{now:%H:%M:%S}</strong>'
        self.tree.value = (
            f"<p>There is no stack {self.name} yet.</p>" if self.found is None else self.found._repr_html_()
        )
        if self._changed is not None:
            self._changed(self.found)
        self._seen = (self.cloud.exchanges.count, now)

    def _repr_mimebundle_(self, **options: Any) -> Any:
        return {"text/plain": repr(self)} if kept() else super()._repr_mimebundle_(**options)

    def __repr__(self) -> str:
        return f"no stack {self.name} yet" if self.found is None else repr(self.found)
