"""Pre-copy page by page, in windows of 100 ms: QEMU's own loop with the sending replaced by arithmetic.

Source: QEMU 7.2, migration/migration.c (migration_thread, migration_iteration_run, migration_completion) and
migration/ram.c (ram_save_iterate, ram_save_pending, migration_bitmap_sync). The bitmap is synchronised when less
is left than the threshold; what was written since the last time becomes dirty, also where it was written before
it was sent. If still less is left, the guest is stopped and the rest is sent without a limit.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from kit.migration.convergence import hopeless
from kit.migration.guest import Guest
from kit.migration.knobs import Knobs
from kit.migration.link import Link
from kit.migration.log import Log, Pass, Sample
from kit.migration.postcopy import Postcopy
from kit.migration.queue import Queue
from kit.migration.throttle import Throttle
from kit.migration.turns import Turn
from kit.migration.units import MIB, PAGE_BYTES
from kit.migration.window import EPSILON, MAX_WAIT_S, Window, grain_bytes
from kit.migration.writer import Writer

EOS_BYTES = 8
# Passes without a smaller rest, with nothing left to change, after which a run is called endless.
PATIENCE = 12


class PageRun:
    """One migration at page level; `run` gives its log."""

    def __init__(
        self,
        guest: Guest,
        knobs: Knobs,
        link: Link,
        turns: list[Turn],
        seed: int,
        horizon_s: float,
        on_sample: Callable[[Sample], None] | None = None,
    ) -> None:
        self.guest, self.knobs, self.link = guest, knobs, link
        self.turns, self.horizon_s, self.on_sample = list(turns), horizon_s, on_sample
        self.link_bytes_s = link.speed_bytes_s(knobs, guest.content if guest.content != "zero" else "random")
        self.look_s = link.look_us / 1e6
        self.queue = Queue(guest, knobs)
        self.writer = Writer(guest.working_set, seed)
        self.fresh = np.zeros(guest.working_set.pages, dtype=np.bool_)
        self.writer.write(guest.writes_before, self.fresh)
        self.queue.begin(self.fresh)
        self.fresh[:] = False
        self.throttle = Throttle(link.wake_ms)
        self.log = Log()
        self.now_s = link.setup_ms / 1000
        self.window = Window(
            self.now_s, knobs.max_bandwidth_mib_s, link.late_ms / 1000, seed if knobs.auto_converge else None,
            grain_bytes(knobs),
        )  # fmt: skip
        self.running, self.switching = True, False
        self.least, self.idle_passes = float("inf"), 0
        self.began = (self.now_s, 0.0, 0)
        self.sent_pages = 0

    def run(self) -> Log:
        """Run it to its end, or until it is plain that there is none."""
        log = self.log
        log.dirty_sync_count = 1
        self.throttle.sync(self._clock_s, 0, 0, self.knobs)
        self._sample("active")
        while not log.ended_by:
            if not self.window.spent and self._iterate():
                break
            if not log.ended_by and self.window.spent:
                self._advance(self.window.end_s)
            if self.window.close(self.now_s, self.knobs.downtime_limit_ms):
                self._sample("active")
            if self.now_s > self.horizon_s and not self.turns:
                log.ended_by = "horizon"
        log.total_s = max(log.total_s, self.now_s)
        log.throttle_pct = self.throttle.pct
        return log

    @property
    def _clock_s(self) -> float:
        """What QEMU's clock shows: whole milliseconds."""
        return math.floor(self.now_s * 1000 + 1e-6) / 1000

    def _iterate(self) -> bool:
        """One turn of QEMU's loop; whether the migration is over."""
        left = self.queue.left * PAGE_BYTES
        if left < self.window.threshold_bytes:
            self._sync()
            if self.log.ended_by:
                return True
            left = self.queue.left * PAGE_BYTES
        if left == 0 or left < self.window.threshold_bytes:
            self._complete()
            return True
        if self.switching:
            self._postcopy()
            return True
        room = self.window.budget_bytes - self.window.used_bytes
        most = int(MAX_WAIT_S / self.look_s) if self.look_s else self.queue.left
        count, size = self.queue.take(min(room, self.link_bytes_s * MAX_WAIT_S), self.log.dirty_sync_count, most)
        self.sent_pages += count
        self._sent(size + EOS_BYTES)
        self._advance(self.now_s + size / self.link_bytes_s + count * self.look_s)
        return False

    def _sent(self, size: float) -> None:
        self.window.sent(size)
        self.log.transferred_bytes += size

    def _advance(self, until_s: float) -> None:
        """Let time pass: the guest writes, and what is to be turned is turned at its moment."""
        while self.turns and self.turns[0].at_s <= until_s + EPSILON and not self.log.ended_by:
            turn = self.turns.pop(0)
            self._write(max(turn.at_s, self.now_s))
            self._turn(turn)
        if not self.log.ended_by:
            self._write(until_s)

    def _write(self, until_s: float) -> None:
        speed = self.throttle.speed if self.running else 0.0
        seconds = max(until_s - self.now_s, 0.0)
        marks = (self.fresh,) if self.queue.cache is None else (self.fresh, self.queue.changed)
        if len(marks) == 1:
            self.writer.write(self.guest.working_set.writes_per_s * speed * seconds, self.fresh)
        else:
            now = np.zeros_like(self.fresh)
            self.writer.write(self.guest.working_set.writes_per_s * speed * seconds, now)
            for mark in marks:
                mark |= now
        if self.running:
            self.log.guest_loss_s += (1 - speed) * seconds
        self.now_s = max(until_s, self.now_s)

    def _turn(self, turn: Turn) -> None:
        log, verb = self.log, turn.verb
        log.done.append(turn)
        self.least, self.idle_passes = float("inf"), 0
        if verb == "force_complete":
            verb = "start_postcopy" if self.knobs.postcopy else "stop"
        if verb == "set":
            self.knobs = self.knobs.but(**turn.values)
            self.window.cap(self.knobs.max_bandwidth_mib_s)
        elif verb == "stop" and self.running:
            self.running, log.stop_at_s = False, self.now_s
        elif verb == "cont" and not self.running:
            self.running = True
            log.downtime_ms += (self.now_s - (log.stop_at_s or self.now_s)) * 1000
            log.stop_at_s = None
        elif verb == "start_postcopy":
            self.switching = self.knobs.postcopy
        elif verb in ("abort", "cut"):
            log.status = "cancelled" if verb == "abort" else "failed"
            log.ended_by = turn.by if verb == "abort" else "cut"
            if log.stop_at_s is not None:
                log.downtime_ms += (self.now_s - log.stop_at_s) * 1000
            self._sample(log.status)

    def _sync(self) -> None:
        left, log = self.queue.left, self.log
        new = self.queue.merge(self.fresh)
        self.fresh[:] = False
        log.dirty_sync_count += 1
        before = self.throttle.pct
        self.throttle.sync(self._clock_s, log.transferred_bytes, new * PAGE_BYTES, self.knobs)
        start_s, start_bytes, start_pages = self.began
        log.passes.append(
            Pass(
                len(log.passes) + 1, start_s, self.now_s - start_s, self.sent_pages - start_pages,
                log.transferred_bytes - start_bytes, left, self.queue.left, self.window.threshold_bytes,
            )
        )  # fmt: skip
        if len(log.passes) == 1:
            log.first_pass_bytes = log.transferred_bytes
        self.began = (self.now_s, log.transferred_bytes, self.sent_pages)
        self._sample("active")
        self._watch(self.throttle.pct != before)

    def _watch(self, changed: bool) -> None:
        """Call the run endless when nothing gets better and nothing is left that could change it."""
        if self.queue.left < self.least or changed:
            self.least, self.idle_passes = min(self.queue.left, self.least), 0
            return
        self.idle_passes += 1
        rising = self.knobs.auto_converge and self.throttle.pct < self.knobs.max_cpu_throttle_pct
        above = self.queue.left * PAGE_BYTES >= self.window.threshold_bytes
        if self.idle_passes < PATIENCE or not above or self.turns or rising:
            return
        if self.idle_passes % PATIENCE == 0 and hopeless(
            self.guest, self.knobs, self.link, self.throttle.pct, self.idle_passes
        ):
            self.log.ended_by = "endless"

    def _complete(self) -> None:
        """Stop the guest, take the last bitmap, send what is left without a limit."""
        log = self.log
        stopped = log.stop_at_s if log.stop_at_s is not None else self.now_s
        self.queue.merge(self.fresh)
        log.dirty_sync_count += 1
        _, size = self.queue.take(float("inf"), log.dirty_sync_count)
        while self.queue.left:
            size += self.queue.take(float("inf"), log.dirty_sync_count)[1]
        seconds = self.link.stop_ms / 1000 + size / self.link_bytes_s
        log.transferred_bytes += size + EOS_BYTES
        log.downtime_reported_ms = seconds * 1000
        log.stop_at_s = stopped
        self.now_s += seconds
        log.downtime_ms += (self.now_s - stopped) * 1000
        log.guest_loss_s += log.downtime_ms / 1000
        log.status, log.ended_by = "completed", "threshold"
        self._sample("completed")

    def _postcopy(self) -> None:
        self.queue.position = 0  # QEMU begins at the first page again (ram_postcopy_send_discard_bitmap)
        self.queue.merge(self.fresh)
        self.log.dirty_sync_count += 1
        missing = int(np.count_nonzero(self.queue.dirty[self.queue.working]))
        phase = Postcopy(self.guest, self.knobs, self.link, self.turns, self.log, self.look_s)
        self.now_s = phase.run(self.now_s, self.queue.parts(), missing)

    def _sample(self, phase: str) -> None:
        speed = self.throttle.speed if self.running and phase == "active" else float(phase != "active")
        self.log.samples.append(
            Sample(
                self.now_s, phase, float(self.queue.left * PAGE_BYTES), self.log.transferred_bytes,
                self.log.dirty_sync_count, self.throttle.dirty_bytes_s / PAGE_BYTES, self.window.bytes_s / MIB,
                self.throttle.pct, speed, self.window.threshold_bytes,
            )
        )  # fmt: skip
        if self.on_sample is not None:
            self.on_sample(self.log.samples[-1])
