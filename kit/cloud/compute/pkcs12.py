"""PKCS #12 (RFC 7292): a private key and its certificate in one file, as Windows takes them, under an empty password."""

from __future__ import annotations

import base64
import hashlib
import hmac

from kit.cloud.compute.sshkeys import NULL, integer, oid, sequence, tagged

# What `openssl pkcs12 -export` does today: SHA-256, 2048 times.
ROUNDS = 2048
_BLOCK = 64
_DATA = oid(1, 2, 840, 113549, 1, 7, 1)
_KEY_BAG, _CERTIFICATE_BAG = (oid(1, 2, 840, 113549, 1, 12, 10, 1, kind) for kind in (1, 3))
_X509 = oid(1, 2, 840, 113549, 1, 9, 22, 1)
_SHA256 = sequence(oid(2, 16, 840, 1, 101, 3, 4, 2, 1), NULL)
# An empty password is the zero that ends it, in UTF-16.
_EMPTY = b"\x00\x00"
_FOR_MAC = 3


def packed(private: bytes, certificate: bytes, salt: bytes) -> str:
    """The file in base 64.

    Parameters
    ----------
    private : bytes
        The key in DER (PKCS #8).
    certificate : bytes
        In DER.
    salt : bytes
        Makes the seal another one each time.
    """
    held = sequence(_X509, tagged(0xA0, tagged(0x04, certificate)))
    bags = sequence(sequence(_KEY_BAG, tagged(0xA0, private)), sequence(_CERTIFICATE_BAG, tagged(0xA0, held)))
    safe = sequence(_content(bags))
    digest = hmac.new(_key(salt), safe, hashlib.sha256).digest()
    seal = sequence(sequence(_SHA256, tagged(0x04, digest)), tagged(0x04, salt), integer(ROUNDS))
    return base64.b64encode(sequence(integer(3), _content(safe), seal)).decode()


def _content(data: bytes) -> bytes:
    return sequence(_DATA, tagged(0xA0, tagged(0x04, data)))


def _key(salt: bytes) -> bytes:
    """The key of the seal (RFC 7292, appendix B.2; one digest is all that it takes)."""
    found = bytes((_FOR_MAC,)) * _BLOCK + _filled(salt) + _filled(_EMPTY)
    for _ in range(ROUNDS):
        found = hashlib.sha256(found).digest()
    return found


def _filled(data: bytes) -> bytes:
    """Repeated, to the length of whole blocks."""
    size = -(-len(data) // _BLOCK) * _BLOCK
    return (data * size)[:size]
