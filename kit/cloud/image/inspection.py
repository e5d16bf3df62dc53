"""What kind of disk an image's data is (oslo.utils' format inspectors, as Glance asks them of an upload)."""

from __future__ import annotations

# Formats that are told by the first bytes: signature, where it stands, how much data must be there to tell.
_SIGNATURES = {
    "qcow2": (b"QFI\xfb", 0, 512), "qed": (b"QED\0", 0, 4), "vmdk": (b"KDMV", 0, 512), "vhd": (b"conectix", 0, 512),
    "vhdx": (b"vhdxfile", 0, 32), "luks": (b"LUKS\xba\xbe", 0, 592), "vdi": (b"\x7f\x10\xda\xbe", 0x40, 512),
    "iso": (b"CD001", 0x8001, 0x8800), "gpt": (b"\x55\xaa", 510, 512),
}  # fmt: skip
# Where the size of the disk inside stands, the byte order, and the unit in bytes.
_SIZES = {
    "qcow2": (24, "big", 1), "vhd": (40, "big", 1), "vdi": (0x170, "little", 1), "vmdk": (12, "little", 512),
}  # fmt: skip
_SECTOR = 2048  # bytes, of an ISO 9660 volume
INSPECTED = frozenset(("raw", *_SIGNATURES))


def detect(data: bytes) -> str:
    """The format of the data; `raw` when it has none of the known signatures.

    A disc that can also be booted from as a disk (`iso` and `gpt`) is a disc.
    """
    for name, (signature, place, least) in _SIGNATURES.items():
        if len(data) >= least and data.startswith(signature, place):
            return name
    return "raw"


def mismatch(data: bytes, disk_format: str | None) -> str:
    """What the data is, when that is not what the image says; empty when there is nothing to object to.

    Anything may call itself raw, and formats without signatures (`ami`, `ploop`) are believed as long as the data
    has none. Zeros are believed, too: seeds have them stand for disks of any format.
    """
    if disk_format == "raw" or not data.strip(b"\0"):
        return ""
    found = detect(data)
    if found == disk_format or (found == "raw" and disk_format not in INSPECTED):
        return ""
    return found


def virtual_size(data: bytes, disk_format: str | None) -> int | None:
    """The size of the disk inside in bytes: the data's own for raw, the header's for others, None where unknown."""
    if disk_format == "raw":
        return len(data) or None
    if disk_format is None or not data.startswith(*_SIGNATURES.get(disk_format, (b"\0\0", 0))[:2]):
        return None
    if disk_format == "iso":
        return int.from_bytes(data[0x8050:0x8054], "little") * _SECTOR
    if disk_format not in _SIZES:
        return None
    place, order, unit = _SIZES[disk_format]
    width = 8
    return int.from_bytes(data[place : place + width], "big" if order == "big" else "little") * unit
