"""Post-copy: the guest runs at the destination, and every page that is still missing follows once.

The switch stops the guest, synchronises the bitmap and moves the device state; afterwards pages flow at
`max-postcopy-bandwidth`. A guest that touches a missing page waits for it: each access costs m·f more, m the
missing share of its working set and f a fault. Faulted pages come sooner, not twice.

Under a cap a request finds the sender asleep and waits for the next window, half of one on average: 23 measured
runs had 9 to 78 requests, and 1/(half a window) gives 16 to 70 for them. Without a cap a fault waits for the bytes
before it in the stream, half of the socket's buffer, and a round trip. Source: QEMU 7.2, migration/migration.c
(postcopy_start) and the reference runs.
"""

from __future__ import annotations

from kit.migration.guest import Guest
from kit.migration.knobs import Knobs
from kit.migration.link import Link
from kit.migration.log import Log, Sample
from kit.migration.turns import Turn
from kit.migration.units import MIB, PAGE_BYTES
from kit.migration.window import WINDOW_S

SOCKET_BYTES = 4 * MIB  # Linux's default maximum of a TCP send buffer (net.ipv4.tcp_wmem)
# What it costs the destination to put a page in its place (userfaultfd), in looks of the sender at a page: 385,000,
# 117,000 and 98,000 zero pages took 204, 78 and 69 ms on a quiet host, where a look takes 0.15 microseconds.
PLACING_LOOKS = 4
SERVICE_S = 0.0005  # handling of a fault: userfaultfd, request, placing the page


class Postcopy:
    """The phase after the switch; `run` fills the log.

    Parameters
    ----------
    guest, knobs, link, turns, log
        Of the migration.
    look_s : float
        What a look at a page costs the sender, seconds; 0 where that is not looked at.
    """

    def __init__(
        self, guest: Guest, knobs: Knobs, link: Link, turns: list[Turn], log: Log, look_s: float = 0.0
    ) -> None:
        self.guest, self.knobs, self.link, self.turns, self.log, self.look_s = guest, knobs, link, turns, log, look_s

    def fault_s(self, bytes_s: float, cap_bytes_s: float) -> float:
        """Seconds that the guest waits for one missing page."""
        wait = WINDOW_S / 2 if cap_bytes_s else SOCKET_BYTES / 2 / bytes_s
        return self.link.rtt_ms / 1000 + SERVICE_S + wait

    @property
    def _content(self) -> str:
        return self.guest.content if self.guest.content != "zero" else "random"

    def speeds(self) -> tuple[float, float]:
        """Bytes a second of the stream, and the cap (0 for none)."""
        wire = self.link.speed_bytes_s(self.knobs, self._content)
        cap = self.knobs.max_postcopy_bandwidth_mib_s * MIB
        return (min(wire, cap) if cap else wire), cap

    def run(self, now_s: float, parts: list[tuple[float, float]], missing: float) -> float:
        """Move what is left; the time of the end.

        Parameters
        ----------
        now_s : float
            When the switch begins.
        parts : list of (pages, bytes each)
            What is left, in the order of sending.
        missing : float
            Pages of the working set among them.
        """
        log, start_bytes = self.log, self.log.transferred_bytes
        left_pages, size = sum(count for count, _ in parts), sum(count * cost for count, cost in parts)
        stopped = log.stop_at_s
        pause_s = self.link.switch_ms / 1000
        log.stop_at_s = now_s if stopped is None else stopped
        log.downtime_ms += (now_s + pause_s - log.stop_at_s) * 1000
        log.guest_loss_s += log.downtime_ms / 1000
        began = now_s = now_s + pause_s
        total, hot = max(size, 1e-9), missing / max(self.guest.working_set.pages, 1)
        touches, sent = self.guest.working_set.writes_per_s, 0.0
        while sent < size:
            speed_bytes_s, cap = self.speeds()
            rest = 1 - sent / total
            wait = touches * hot * rest * self.fault_s(self.link.speed_bytes_s(self.knobs), cap)
            speed = 1 / (1 + wait)
            self._sample(now_s, rest * left_pages, start_bytes + sent, speed_bytes_s, speed)
            step_s, step = self._step(parts, size - sent)
            if self._turned(now_s, now_s + step_s):
                log.postcopy_s, log.total_s = now_s - began, now_s
                return now_s
            sent += step
            now_s += step_s
            log.guest_loss_s += (1 - speed) * step_s
            log.postcopy_faults += touches * speed * hot * rest * step_s
            log.transferred_bytes = start_bytes + min(sent, size)
            if size - sent < 1:
                break
        log.transferred_bytes = start_bytes + size
        log.status, log.ended_by = "completed", "postcopy"
        log.postcopy_s, log.total_s = now_s - began, now_s
        self._sample(now_s, 0, log.transferred_bytes, self.speeds()[0], 1.0, "completed")
        return now_s

    def _step(self, parts: list[tuple[float, float]], left_bytes: float) -> tuple[float, float]:
        """Seconds and bytes of the next window; the last ones go out in a burst.

        What is under the threshold is sent without a limit in post-copy, too (migration_completion).
        """
        wire = self.link.speed_bytes_s(self.knobs, self._content)
        cap = self.knobs.max_postcopy_bandwidth_mib_s * MIB
        window_s = WINDOW_S + self.link.late_ms / 1000
        left_pages = _pages_of_last(parts, left_bytes)
        if cap and cap < wire:
            threshold = cap * WINDOW_S / window_s * self.knobs.downtime_limit_ms / 1000
            size = left_bytes if left_pages * PAGE_BYTES < threshold else min(cap * WINDOW_S, left_bytes)
        else:
            cap, size = 0.0, min(window_s * wire, left_bytes)
        pages = left_pages - _pages_of_last(parts, left_bytes - size)
        busy_s = size / wire + pages * PLACING_LOOKS * self.look_s
        return (max(busy_s, window_s) if cap and size < left_bytes else busy_s), size

    def _turned(self, from_s: float, until_s: float) -> bool:
        """Do what is to be done in that time; whether it ends the migration. Nothing but a cut does."""
        while self.turns and self.turns[0].at_s < until_s:
            turn = self.turns.pop(0)
            self.log.done.append(turn)
            if turn.verb == "set":
                self.knobs = self.knobs.but(**turn.values)
            elif turn.verb == "cut":
                self.log.status, self.log.ended_by = "postcopy-paused", "cut"
                last = self.log.samples[-1]
                self.log.samples.append(
                    last._replace(t_s=max(turn.at_s, from_s), phase="postcopy-paused", guest_speed=0.0)
                )
                return True
        return False

    def _sample(
        self, now_s: float, pages: float, sent: float, bytes_s: float, speed: float, phase: str = "postcopy-active"
    ) -> None:
        row = Sample(
            now_s, phase, pages * PAGE_BYTES, sent, self.log.dirty_sync_count, 0.0, bytes_s / MIB, 0, speed, 0.0
        )
        self.log.samples.append(row)


def _pages_of_last(parts: list[tuple[float, float]], size: float) -> float:
    """How many pages the last `size` bytes are."""
    pages = 0.0
    for count, cost in reversed(parts):
        if size <= count * cost:
            return pages + (size / cost if cost else count)
        pages, size = pages + count, size - count * cost
    return pages
