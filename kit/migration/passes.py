"""Pre-copy pass by pass: the same rules as page by page, with expectations for draws and a fluid for windows.

A pass sends from the top of its list until less than the threshold is left; half a window's bytes are sent beyond
it on average, since QEMU looks only between windows. The unsent pages stay dirty, the ones written meanwhile join
them. If what joined is less than that half window, the rest is under the threshold and the guest is stopped.

So more bandwidth never lengthens a migration and a higher downtime limit never prevents its end: either makes
each pass's own work smaller.
"""

from __future__ import annotations

from kit.migration.content import NORMAL_BYTES, hit_bytes, page_bytes, slots
from kit.migration.convergence import LONGEST, convergence
from kit.migration.guest import Guest
from kit.migration.knobs import Knobs
from kit.migration.link import Link
from kit.migration.log import Log, Pass, Sample
from kit.migration.postcopy import Postcopy
from kit.migration.throttle import Throttle
from kit.migration.turns import Turn
from kit.migration.units import MIB, PAGE_BYTES
from kit.migration.window import WINDOW_S

# A pass that brings less than this share is no gain; so many of them in a row are the fixed point.
GAIN, PATIENCE = 1e-4, 3
# At the fixed point passes repeat: so many of them, or more, until the next turn are counted and not run.
REPEATED = 20
TINY = 1e-6  # pages


class PassRun:
    """One migration at pass level; `run` gives its log."""

    def __init__(self, guest: Guest, knobs: Knobs, link: Link, turns: list[Turn], horizon_s: float) -> None:
        self.guest, self.knobs, self.link = guest, knobs, link
        self.turns, self.horizon_s = list(turns), horizon_s
        self.link_bytes_s = link.speed_bytes_s(knobs, guest.content if guest.content != "zero" else "random")
        self.window_s = WINDOW_S + link.late_ms / 1000
        self.pages = float(guest.working_set.pages)
        self.segments = [[float(count), float(self._cost(content)), 0.0] for count, content in guest.segments]
        self.rewritten = float(self._cost(guest.written_content))
        self.cached = 0.0
        self.first_sent = 0.0
        self.writes = 0.0
        self.throttle = Throttle(link.wake_ms)
        self.log = Log()
        self.start_s = self.now_s = link.setup_ms / 1000
        self.running, self.switching = True, False
        self.least, self.idle_passes = float("inf"), 0
        self._tested: tuple[tuple[Knobs, int], bool] | None = None

    def _cost(self, content: str) -> int:
        knobs = self.knobs
        return page_bytes(content, compress=knobs.compress, level=knobs.compress_level, multifd=knobs.multifd)

    @property
    def bytes_s(self) -> float:
        """What goes out a second: the cap, or what wire and CPUs let through."""
        cap = self.knobs.max_bandwidth_mib_s * MIB * WINDOW_S / self.window_s
        return min(cap, self.link_bytes_s) if cap else self.link_bytes_s

    @property
    def left(self) -> float:
        """Pages that are still to be sent."""
        return sum(segment[0] for segment in self.segments)

    @property
    def threshold_bytes(self) -> float:
        """What may be left for the downtime limit."""
        return self.bytes_s * self.knobs.downtime_limit_ms / 1000

    @property
    def target(self) -> float:
        """Pages that are left on average when a pass is found to be over."""
        return max(self.threshold_bytes - self.bytes_s * self.window_s / 2, 0.0) / PAGE_BYTES

    def run(self) -> Log:
        """Run it to its end, or until it is plain that there is none."""
        log = self.log
        log.dirty_sync_count = 1
        self.throttle.sync(self.now_s, 0, 0, self.knobs)
        self._sample("active")
        began, sent_bytes, sent_pages = self.now_s, 0.0, 0.0
        while not log.ended_by:
            sent_pages += self._send()
            if log.ended_by or self._switched():
                break
            if self._between():
                left = self.left
                self._sync()
                log.passes.append(
                    Pass(
                        len(log.passes) + 1, began, self.now_s - began, sent_pages,
                        log.transferred_bytes - sent_bytes, left, self.left, self.threshold_bytes,
                    )
                )  # fmt: skip
                if len(log.passes) == 1:
                    log.first_pass_bytes = log.transferred_bytes
                if self.left * PAGE_BYTES < self.threshold_bytes or not self.left:
                    self._complete()
                else:
                    self._watch()
                began, sent_bytes, sent_pages = self.now_s, log.transferred_bytes, 0.0
        log.total_s, log.throttle_pct = max(log.total_s, self.now_s), self.throttle.pct
        return log

    def _between(self) -> bool:
        """Whether the pass is over; the first one lasts a window unless all is sent before."""
        return self.left <= self.target + TINY and (self.now_s >= self.start_s + self.window_s - 1e-9 or not self.left)

    def _send(self) -> float:
        """Send until the pass is over or something is turned; how many pages went."""
        count = 0.0
        until_s = self.turns[0].at_s if self.turns else float("inf")
        floor_s = self.start_s + self.window_s
        while self.segments and self.now_s < until_s and not self.switching:
            pages, cost, cached = self.segments[0]
            beyond = self.left - self.target
            want = min(pages, max(beyond, 0.0))
            if beyond <= TINY:
                if self.now_s >= floor_s - 1e-9:
                    break
                want = min(pages, (floor_s - self.now_s) * self.bytes_s / max(cost, 1e-9))
            seconds = want * cost / self.bytes_s
            if self.now_s + seconds > until_s:
                want, seconds = want * (until_s - self.now_s) / seconds, until_s - self.now_s
            self.segments[0][0] -= want
            if self.segments[0][0] <= TINY:
                self.segments.pop(0)
            self.cached = min(self.cached + want * cached, self._room)
            self._pass_time(seconds)
            self.first_sent += 0.0 if cached else want
            self.log.transferred_bytes += want * cost
            count += want
        if self.now_s >= until_s - 1e-12 and self.turns:
            self._turn(self.turns.pop(0))
        elif not self.turns and self.now_s > self.horizon_s:
            self.log.ended_by = "horizon"
        return count

    def _pass_time(self, seconds: float) -> None:
        speed = self.throttle.speed if self.running else 0.0
        self.writes += self.guest.working_set.writes_per_s * speed * seconds
        if self.running:
            self.log.guest_loss_s += (1 - speed) * seconds
        self.now_s += seconds

    def _turn(self, turn: Turn) -> None:
        log, verb = self.log, turn.verb
        self._pass_time(max(turn.at_s - self.now_s, 0.0))
        log.done.append(turn)
        self.least, self.idle_passes = float("inf"), 0
        if verb == "force_complete":
            verb = "start_postcopy" if self.knobs.postcopy else "stop"
        if verb == "set":
            self.knobs = self.knobs.but(**turn.values)
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
        self._sample("active" if not log.ended_by else log.status)

    def _switched(self) -> bool:
        """Go over to post-copy where that was asked; whether it was."""
        if not self.switching:
            return False
        self._merge()
        self.log.dirty_sync_count += 1
        # QEMU begins at the first page again (ram_postcopy_send_discard_bitmap); the working set lies in front
        again_first = sorted(self.segments, key=lambda segment: not segment[2])
        parts = [(count, cost) for count, cost, _ in again_first]
        phase = Postcopy(self.guest, self.knobs, self.link, self.turns, self.log)
        self.now_s = phase.run(self.now_s, parts, min(self.left, self.pages))
        return True

    @property
    def _room(self) -> float:
        """Pages of the working set that the cache can hold: its slots, or all."""
        return min(float(slots(self.knobs.xbzrle_cache_size_mib)), self.pages) if self.knobs.xbzrle else 0.0

    @property
    def _unsent(self) -> float:
        """Pages of the working set that the first pass has not come to."""
        return min(max(self.guest.start_page + self.pages - self.first_sent, 0.0), self.pages)

    def _merge(self) -> float:
        """Pages written since the last time become dirty; how many of them were not yet."""
        carried = sum(segment[0] for segment in self.segments if segment[2]) + self._unsent
        new = self.guest.working_set.joining(self.writes, carried)
        self.writes = 0.0
        if new > 0:
            self._resend(new)
        return new

    def _resend(self, new: float) -> None:
        """Line up pages to be sent again; with xbzrle, those in the cache cost only their changes."""
        if not self.knobs.xbzrle or self.rewritten != NORMAL_BYTES:
            self.segments.append([new, self.rewritten, 1.0])
            return
        held = self.cached / self.pages
        hit = float(hit_bytes(self.guest.written_bytes))
        missing = 1.0 - held
        into_cache = max(self._room / self.pages - held, 0.0) / missing if missing > 1e-12 else 0.0
        self.segments.append([new * missing, self.rewritten, into_cache or 1e-12])
        if held:
            self.segments.append([new * held, hit, 1e-12])

    def _sync(self) -> None:
        new = self._merge()
        self.log.dirty_sync_count += 1
        self._sample("active")
        self.throttle.sync(self.now_s, self.log.transferred_bytes, new * PAGE_BYTES, self.knobs)

    def _watch(self) -> None:
        """Call the run endless at the fixed point, when nothing is left that could change it."""
        work = sum(count * cost for count, cost, _ in self.segments)
        rising = self.knobs.auto_converge and self.throttle.pct < self.knobs.max_cpu_throttle_pct
        if work < self.least * (1 - GAIN):
            self.least, self.idle_passes = work, 0
            return
        self.idle_passes += 1
        if self.idle_passes < PATIENCE or (self.idle_passes <= LONGEST and rising):
            return
        if self.idle_passes <= LONGEST and self._may_end():
            return
        if self.turns:
            self._repeat()
        else:
            self.log.ended_by = "endless"

    def _repeat(self) -> None:
        """Go over passes that are all like the last one, up to shortly before the next turn."""
        last, log = self.log.passes[-1], self.log
        count = int((self.turns[0].at_s - self.now_s) / last.seconds) - 1 if last.seconds > 0 else 0
        if count < REPEATED:
            return
        began = self.now_s
        self.now_s += count * last.seconds
        log.transferred_bytes += count * last.sent_bytes
        log.dirty_sync_count += count
        log.guest_loss_s += count * last.seconds * (1 - self.throttle.speed if self.running else 0.0)
        log.repeats.append((began, self.now_s, last.seconds))

    def _may_end(self) -> bool:
        """What the convergence test says of the present knobs; asked once for each setting."""
        now = (self.knobs, self.throttle.pct)
        if self._tested is None or self._tested[0] != now:
            self._tested = (now, convergence(self.guest, self.knobs, self.link, self.throttle.pct).ends)
        return self._tested[1]

    def _complete(self) -> None:
        log = self.log
        stopped = log.stop_at_s if log.stop_at_s is not None else self.now_s
        size = sum(count * cost for count, cost, _ in self.segments)
        seconds = self.link.stop_ms / 1000 + size / self.link_bytes_s
        self.segments = []
        log.dirty_sync_count += 1
        log.transferred_bytes += size
        log.downtime_reported_ms, log.stop_at_s = seconds * 1000, stopped
        self.now_s += seconds
        log.downtime_ms += (self.now_s - stopped) * 1000
        log.guest_loss_s += log.downtime_ms / 1000
        log.status, log.ended_by = "completed", "threshold"
        self._sample("completed")

    def _sample(self, phase: str) -> None:
        speed = self.throttle.speed if self.running and phase == "active" else float(phase != "active")
        self.log.samples.append(
            Sample(
                self.now_s, phase, self.left * PAGE_BYTES, self.log.transferred_bytes, self.log.dirty_sync_count,
                self.throttle.dirty_bytes_s / PAGE_BYTES, self.bytes_s / MIB, self.throttle.pct, speed, self.threshold_bytes,
            )
        )  # fmt: skip
