"""Identifiers: random, or the same again for the same seed."""

from __future__ import annotations

import base64
import hashlib
import os


class Ids:
    """A stream of identifiers in the forms OpenStack uses.

    Parameters
    ----------
    seed : int or None
        None draws from the operating system; a number gives the same stream every time,
        so that the same steps on the same seed give the same bytes.
    name : str
        Streams of one seed with different names are independent.
    """

    def __init__(self, seed: int | None = None, name: str = "ids") -> None:
        self.seed = seed
        self.count = 0
        self._key = f"{name}:{seed}:".encode()

    def _bytes(self, size: int, about: str = "") -> bytes:
        if self.seed is None:
            return os.urandom(size)
        self.count += 1
        return hashlib.shake_256(self._key + str(self.count).encode() + about.encode()).digest(size)

    def hex(self) -> str:
        """32 hexadecimal digits, as Keystone's ids."""
        return self._bytes(16).hex()

    def uuid(self) -> str:
        """A version 4 UUID, as every other service's ids."""
        raw = self._bytes(16).hex()
        return f"{raw[:8]}-{raw[8:12]}-4{raw[13:16]}-{'89ab'[int(raw[16], 16) & 3]}{raw[17:20]}-{raw[20:]}"

    def mac(self) -> str:
        """A MAC address below Neutron's base `fa:16:3e`."""
        raw = self._bytes(3).hex()
        return f"fa:16:3e:{raw[:2]}:{raw[2:4]}:{raw[4:]}"

    def secret(self, size: int = 48, about: str = "") -> str:
        """URL-safe text of `size` random bytes: tokens, secrets, passwords.

        Parameters
        ----------
        about : str
            Whom it belongs to: after a snapshot was brought back, the stream begins again where it was then, and
            nobody may get what another was given meanwhile.
        """
        return base64.urlsafe_b64encode(self._bytes(size, about)).decode().rstrip("=")

    def number(self, below: int) -> int:
        """A whole number from 0 to below `below`."""
        return int.from_bytes(self._bytes(8), "big") % below
