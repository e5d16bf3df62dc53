"""X.509 certificates for Windows servers, self-signed (nova.crypto.generate_winrm_x509_cert)."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from kit.cloud.compute.pkcs12 import packed
from kit.cloud.compute.sshkeys import BITS, NULL, E, integer, key, oid, pem, sequence, tagged
from kit.cloud.ids import Ids

YEARS = 10

_RSA = sequence(oid(1, 2, 840, 113549, 1, 1, 1), NULL)
_SHA256_RSA = sequence(oid(1, 2, 840, 113549, 1, 1, 11), NULL)
_SHA256 = sequence(oid(2, 16, 840, 1, 101, 3, 4, 2, 1), NULL)
_CLIENT = oid(1, 3, 6, 1, 5, 5, 7, 3, 2)
_UPN = oid(1, 3, 6, 1, 4, 1, 311, 20, 2, 3)


def _bits(data: bytes) -> bytes:
    return tagged(0x03, b"\x00" + data)


def _time(moment: datetime) -> bytes:
    return tagged(0x18, moment.strftime("%Y%m%d%H%M%SZ").encode())


def make(ids: Ids, user_id: str, now: datetime) -> tuple[str, str]:
    """A private key in PKCS #12, in base 64, and the certificate that names the user, in PEM."""
    made = key(ids)
    name = sequence(tagged(0x31, sequence(oid(2, 5, 4, 3), tagged(0x0C, user_id.encode()))))
    other = tagged(0xA0, _UPN + tagged(0xA0, tagged(0x0C, f"{user_id}@localhost".encode())))
    extensions = sequence(
        sequence(oid(2, 5, 29, 37), tagged(0x04, sequence(_CLIENT))),
        sequence(oid(2, 5, 29, 17), tagged(0x04, sequence(other))),
    )
    body = sequence(
        tagged(0xA0, integer(2)), integer(int(ids.hex(), 16)), _SHA256_RSA, name,
        sequence(_time(now), _time(now + timedelta(days=365 * YEARS))), name,
        sequence(_RSA, _bits(sequence(integer(made.n), integer(E)))), tagged(0xA3, extensions),
    )  # fmt: skip
    digest = sequence(_SHA256, tagged(0x04, hashlib.sha256(body).digest()))
    size = BITS // 8
    padded = b"\x00\x01" + b"\xff" * (size - len(digest) - 3) + b"\x00" + digest
    signature = pow(int.from_bytes(padded, "big"), made.d, made.n).to_bytes(size, "big")
    certificate = sequence(body, _SHA256_RSA, _bits(signature))
    private = sequence(integer(0), _RSA, tagged(0x04, made.der))
    return packed(private, certificate, bytes.fromhex(ids.hex())[:8]), pem("CERTIFICATE", certificate)
