"""What a sniffer between two hosts sees: QEMU's stream of pages, in the clear or inside real TLS."""

from __future__ import annotations

import datetime
import os
import re
import ssl
import struct
import tempfile
import time
from pathlib import Path

PAGE_BYTES = 4096
NORMAL, ZERO = 0x08, 0x02  # RAM_SAVE_FLAG_PAGE and _ZERO of QEMU's migration stream
HOST = "compute-2"


def memory(secret: str, pages: int = 24) -> list[bytes]:
    """Pages of a guest's memory; somewhere among them a process keeps a password."""
    found = [bytes(PAGE_BYTES)] * pages
    line = f"GET /login user=alice&password={secret} HTTP/1.1\r\n".encode()
    found[pages * 2 // 3] = (b"\x90" * 1000 + line).ljust(PAGE_BYTES, b"\x90")
    return found


def stream(pages: list[bytes]) -> bytes:
    """The pages as QEMU sends them: address and flags in 8 bytes, then 4096 bytes, or one for a page of zeros."""
    parts = []
    for number, page in enumerate(pages):
        zero = not any(page)
        parts.append(struct.pack(">Q", number * PAGE_BYTES | (ZERO if zero else NORMAL)))
        parts.append(b"\0" if zero else page)
    return b"".join(parts)


def capture(pages: list[bytes], *, tls: bool = False) -> bytes:
    """The bytes on the wire from source to destination; with `tls` the records after the handshake.

    Parameters
    ----------
    pages : list of bytes
        The guest's memory.
    tls : bool
        live_migration_with_native_tls: TLS 1.3 of this Python, with a certificate made for this call.
    """
    sent = stream(pages)
    return Tunnel().encrypt(sent) if tls else sent


class Tunnel:
    """A TLS session between two hosts, in memory: what one side writes is what a sniffer sees."""

    def __init__(self) -> None:
        self._wire, self._back = ssl.MemoryBIO(), ssl.MemoryBIO()
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        with tempfile.TemporaryDirectory(prefix="kit-tls-") as folder:
            pem = Path(folder) / "host.pem"
            pem.write_bytes(_certificate())
            server.load_cert_chain(pem)
            client.load_verify_locations(pem)
        self._source = client.wrap_bio(self._back, self._wire, server_hostname=HOST)
        self._destination = server.wrap_bio(self._wire, self._back, server_side=True)
        for _ in range(4):
            for side in (self._source, self._destination):
                try:
                    side.do_handshake()
                except ssl.SSLWantReadError:
                    continue
        self._wire.read()

    def encrypt(self, data: bytes) -> bytes:
        """The TLS records that carry the data."""
        self._source.write(data)
        return self._wire.read()


def _certificate() -> bytes:
    """A key and a certificate of the destination, valid for a day, as PEM."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private + made.public_bytes(serialization.Encoding.PEM)


def looked_at(stream: bytes, width: int = 56) -> str:
    """How the bytes look to the eye: the part around the password, if one can be found, else the beginning."""
    found = re.search(rb"user=\w+", stream)
    start = max(found.start() - 16, 0) if found else 0
    return "".join(chr(byte) if 32 <= byte < 127 else "." for byte in stream[start : start + width])


def core_mib_s(seconds: float = 0.2) -> float:
    """MiB/s that one core of this machine encrypts, TLS 1.3 in this Python; both copies included."""
    tunnel, block = Tunnel(), bytes(1 << 20)
    began, count = time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        tunnel.encrypt(block)
        count += 1
    return count / (time.perf_counter() - began)


def own_core() -> str:
    """The speed of one core here, in a sentence; runs whose outputs are kept measure nothing."""
    if os.environ.get("KIT_PROGRESS", "").lower() == "off":
        return "One core of your machine: run this cell to measure it."
    return f"One core of this machine encrypts {core_mib_s():,.0f} MiB/s."
