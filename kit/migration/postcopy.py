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
SERVICE_S = 0.0005  # handling of a fault: userfaultfd, request, placing the page


class Postcopy:
    """The phase after the switch; `run` fills the log."""

    def __init__(self, guest: Guest, knobs: Knobs, link: Link, turns: list[Turn], log: Log) -> None:
        self.guest, self.knobs, self.link, self.turns, self.log = guest, knobs, link, turns, log

    def fault_s(self, bytes_s: float, cap_bytes_s: float) -> float:
        """Seconds that the guest waits for one missing page."""
        wait = WINDOW_S / 2 if cap_bytes_s else SOCKET_BYTES / 2 / bytes_s
        return self.link.rtt_ms / 1000 + SERVICE_S + wait

    def speeds(self) -> tuple[float, float]:
        """Bytes a second of the stream, and the cap (0 for none)."""
        content = self.guest.content if self.guest.content != "zero" else "random"
        wire = self.link.speed_bytes_s(self.knobs, content)
        cap = self.knobs.max_postcopy_bandwidth_mib_s * MIB
        return (min(wire, cap) if cap else wire), cap

    def run(self, now_s: float, left_pages: float, missing: float, size: float) -> float:
        """Move `left_pages` of `size` bytes, `missing` of them in the working set; the time of the end."""
        log, start_bytes = self.log, self.log.transferred_bytes
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
            step_s = min(WINDOW_S, (size - sent) / speed_bytes_s)
            if self._turned(now_s, now_s + step_s):
                log.postcopy_s, log.total_s = now_s - began, now_s
                return now_s
            sent += step_s * speed_bytes_s
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
