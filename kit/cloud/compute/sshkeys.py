"""SSH key pairs from a stream of identifiers, in pure Python.

A seeded cloud makes the same keys every time, and a browser's Python has no compiled
cryptography; so the key is made here. RSA 2048, as Nova made them (`nova.crypto.generate_key_pair`);
these keys open mock servers only.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass

from kit.cloud.ids import Ids

BITS = 2048
E = 65537
_SMALL = [p for p in range(3, 2000, 2) if all(p % q for q in range(3, int(p**0.5) + 1, 2))]


def _number(ids: Ids, bits: int) -> int:
    digits = "".join(ids.hex() for _ in range(bits // 128))
    return int(digits, 16)


def _is_prime(n: int) -> bool:
    """Fermat to base 2 after trial division: for a random number of 1,024 bits no other test would see more."""
    return all(n % p for p in _SMALL) and pow(2, n - 1, n) == 1


def _prime(ids: Ids) -> int:
    """A prime of half the key's length with both top bits set, so that the product has full length."""
    half = BITS // 2
    number = _number(ids, half) | (3 << (half - 2)) | 1
    while not (_is_prime(number) and (number - 1) % E):
        number += 2
    return number


@dataclass(frozen=True)
class Key:
    """An RSA key: modulus, secret exponent, and all numbers of PKCS #1 in DER."""

    n: int
    d: int
    der: bytes


def key(ids: Ids) -> Key:
    """A new key."""
    p, q = _prime(ids), _prime(ids)
    if p < q:
        p, q = q, p
    n, d = p * q, pow(E, -1, (p - 1) * (q - 1))
    parts = (0, n, E, d, p, q, d % (p - 1), d % (q - 1), pow(q, -1, p))
    return Key(n, d, sequence(*(integer(part) for part in parts)))


def pem(label: str, data: bytes) -> str:
    """DER as PEM has it."""
    text = base64.b64encode(data).decode()
    lines = "\n".join(text[place : place + 64] for place in range(0, len(text), 64))
    return f"-----BEGIN {label}-----\n{lines}\n-----END {label}-----\n"


def make(ids: Ids) -> tuple[str, str]:
    """A private key in PEM (PKCS #1) and the public key in OpenSSH's form."""
    made = key(ids)
    private, n = pem("RSA PRIVATE KEY", made.der), made.n
    public = b"".join(len(part).to_bytes(4, "big") + part for part in (b"ssh-rsa", _bytes(E), _bytes(n)))
    return private, f"ssh-rsa {base64.b64encode(public).decode()} Generated-by-Nova"


# What follows the type in a public key: how many numbers or texts, by type.
_PARTS = {
    "ssh-rsa": 2, "ssh-dss": 4, "ssh-ed25519": 1, "ecdsa-sha2-nistp256": 2, "ecdsa-sha2-nistp384": 2,
    "ecdsa-sha2-nistp521": 2, "sk-ssh-ed25519@openssh.com": 2, "sk-ecdsa-sha2-nistp256@openssh.com": 3,
}  # fmt: skip


def wire(public: str) -> bytes:
    """The key itself in a line of OpenSSH's form (type, base 64, comment).

    Raises
    ------
    ValueError
        When the line holds no key of a type that OpenSSH has.
    """
    words = public.split()
    if len(words) < 2 or words[0] not in _PARTS:
        raise ValueError("no key type")
    data = base64.b64decode(words[1], validate=True)
    parts, place = [], 0
    while place < len(data):
        size = int.from_bytes(data[place : place + 4], "big")
        place += 4 + size
        parts.append(data[place - size : place])
    if place != len(data) or len(parts) != _PARTS[words[0]] + 1 or parts[0] != words[0].encode() or not all(parts):
        raise ValueError("not a key of its type")
    return data


def _bytes(number: int) -> bytes:
    """Big-endian bytes of a positive number, with a zero byte where the top bit would mean a sign."""
    return number.to_bytes(number.bit_length() // 8 + 1, "big")


def integer(number: int) -> bytes:
    """A DER integer."""
    return tagged(0x02, _bytes(number))


def sequence(*parts: bytes) -> bytes:
    """A DER sequence."""
    return tagged(0x30, b"".join(parts))


def tagged(tag: int, data: bytes) -> bytes:
    """One DER value."""
    size = len(data)
    if size < 128:
        return bytes((tag, size)) + data
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + data


NULL = b"\x05\x00"


def oid(*numbers: int) -> bytes:
    """A DER object identifier."""
    first, second, *rest = numbers
    data = bytearray((first * 40 + second,))
    for number in rest:
        digits = [number & 0x7F]
        while number := number >> 7:
            digits.append(0x80 | number & 0x7F)
        data += bytes(reversed(digits))
    return tagged(0x06, bytes(data))
