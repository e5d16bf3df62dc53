"""SSH key pairs from a stream of identifiers, in pure Python.

A seeded cloud makes the same keys every time, and a browser's Python has no compiled
cryptography; so the key is made here. RSA 2048, as Nova made them (`nova.crypto.generate_key_pair`);
these keys open mock servers only.
"""

from __future__ import annotations

import base64

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


def make(ids: Ids) -> tuple[str, str]:
    """A private key in PEM (PKCS #1) and the public key in OpenSSH's form."""
    p, q = _prime(ids), _prime(ids)
    if p < q:
        p, q = q, p
    n, d = p * q, pow(E, -1, (p - 1) * (q - 1))
    parts = (0, n, E, d, p, q, d % (p - 1), d % (q - 1), pow(q, -1, p))
    text = base64.b64encode(_tagged(0x30, b"".join(_integer(part) for part in parts))).decode()
    lines = "\n".join(text[place : place + 64] for place in range(0, len(text), 64))
    private = f"-----BEGIN RSA PRIVATE KEY-----\n{lines}\n-----END RSA PRIVATE KEY-----\n"
    wire = b"".join(len(part).to_bytes(4, "big") + part for part in (b"ssh-rsa", _bytes(E), _bytes(n)))
    return private, f"ssh-rsa {base64.b64encode(wire).decode()} Generated-by-Nova"


def _bytes(number: int) -> bytes:
    """Big-endian bytes of a positive number, with a zero byte where the top bit would mean a sign."""
    return number.to_bytes(number.bit_length() // 8 + 1, "big")


def _integer(number: int) -> bytes:
    return _tagged(0x02, _bytes(number))


def _tagged(tag: int, data: bytes) -> bytes:
    """One DER value."""
    size = len(data)
    if size < 128:
        return bytes((tag, size)) + data
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + data
