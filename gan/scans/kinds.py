"""What a file is, told by its first bytes, whatever it is called."""

import re
import zlib

START = 4096  # bytes of a file that are enough to tell
GZIP = b"\x1f\x8b"
_UNPACKED = 1024  # bytes of a packed file that are looked at

PICTURE, VOLUME, PAIR, DICOM = "picture", "volume", "pair", "dicom"

_PICTURES = (
    b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a",
    b"II*\0", b"MM\0*", b"II+\0", b"MM\0+",  # TIFF, and TIFF with 64-bit offsets
    b"\0\0\0\x0cjP  \r\n\x87\n", b"\xff\x4f\xff\x51",  # JPEG 2000
)  # fmt: skip
_ANYMAP = re.compile(rb"P[1-6]\s(\s*#[^\n]*\n)*\s*\d+\s+\d+\s")  # PBM, PGM, PPM
_BMP_HEADERS = (12, 40, 52, 56, 64, 108, 124)
_MGH_TYPES = (0, 1, 3, 4, 10)
_VRS = frozenset(b"AE AS CS DA DS DT IS LO LT OB OW PN SH SL SS ST TM UI UL UN US".split())


def kind_of(start: bytes) -> str | None:
    """PICTURE, VOLUME (a whole one), PAIR (the header of a .hdr/.img pair), DICOM, or None.

    start: the first START bytes of a file, packed or not.
    """
    if start[128:132] == b"DICM" and start[132:134] in (b"\2\0", b"\x08\0"):
        return DICOM
    if start.startswith(_PICTURES) or _is_other_picture(start):
        return PICTURE
    if start.startswith(GZIP):
        start = _unpacked(start)
    if volume_format(start) in ("nifti1", "nifti2", "mgh"):
        return VOLUME
    if volume_format(start):
        return PAIR
    return DICOM if _is_bare_dicom(start) else None


def volume_format(start: bytes) -> str | None:
    """nifti1, nifti2, mgh; nifti1-pair, nifti2-pair, analyze for headers of pairs; None.

    See `magic` in nifti1.h and nifti2.h; Analyze has none, so its size and axes must do.
    """
    formats = {b"n+1\0": "nifti1", b"ni1\0": "nifti1-pair"}
    if found := formats.get(bytes(start[344:348])):
        return found
    formats = {b"n+2\0": "nifti2", b"ni2\0": "nifti2-pair"}
    if found := formats.get(bytes(start[4:8])):
        return found
    for order in ("little", "big"):
        axes = _number(start, 40, 2, order)
        if len(start) >= 348 and _number(start, 0, 4, order) == 348 and 2 <= axes <= 7:
            return "analyze"
    version, *sizes, kind = (_number(start, at, 4, "big") for at in range(0, 24, 4))
    if len(start) >= 90 and version == 1 and 0 < min(sizes) <= max(sizes) < 1 << 31:
        return "mgh" if kind in _MGH_TYPES else None
    return None


def _number(content: bytes, at: int, size: int, order: str) -> int:
    return int.from_bytes(content[at : at + size], order)


def _is_other_picture(start: bytes) -> bool:
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return True
    if start[:2] == b"BM" and int.from_bytes(start[14:18], "little") in _BMP_HEADERS:
        return True
    return _ANYMAP.match(start[:512]) is not None


def _unpacked(start: bytes) -> bytes:
    try:
        return zlib.decompressobj(wbits=31).decompress(start, _UNPACKED)
    except zlib.error:
        return b""


def _is_bare_dicom(start: bytes) -> bool:
    """DICOM without its preamble: the first elements are those that every file begins with."""
    for order in ("little", "big"):
        at, before = 0, (0, 0)
        for _ in range(3):
            tag = (_number(start, at, 2, order), _number(start, at + 2, 2, order))
            if tag[0] not in (2, 8) or tag <= before or at + 8 > len(start):
                break
            name = bytes(start[at + 4 : at + 6])
            if name in (b"OB", b"OW", b"UN", b"SQ", b"UT"):
                at += 12 + _number(start, at + 8, 4, order)
            elif name in _VRS:
                at += 8 + _number(start, at + 6, 2, order)
            else:
                at += 8 + _number(start, at + 4, 4, order)
            before = tag
        else:
            return True
    return False
