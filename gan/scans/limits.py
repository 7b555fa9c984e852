"""What cannot be a scan: refused by its size, before anything is unpacked."""

MOST_SIDE = 4096  # pixels
MOST_SLICES = 4096
NARROWEST = 8  # times that one side may be the other
_SMALLEST = 8  # pixels of a side


class BrokenFile(ValueError):
    """A file that cannot be used; the message says why, and what helps, in one line. Whoever reads
    on knows its name."""

    def __init__(self, reason: str):
        super().__init__(" ".join(reason.split()))


def check_size(
    width: int,
    height: int,
    count: int = 1,
    most: int | None = None,
    pixel: tuple[float, float] = (1.0, 1.0),
) -> None:
    """Raises BrokenFile for what cannot be slices of a head.

    most: pixels of all `count` slices together, where there is a limit. pixel: its width and
    height in mm, where they are known: few thick pixels are as wide as many thin ones.
    """
    size = f"{width}x{height}"
    if max(width, height) > MOST_SIDE:
        raise BrokenFile(f"{size} is too large a picture; at most {MOST_SIDE} pixels a side")
    if min(width, height) < _SMALLEST:
        raise BrokenFile(f"{size} is too small to be a slice; at least {_SMALLEST} pixels a side")
    sides = width * pixel[0], height * pixel[1]
    if max(sides) > NARROWEST * min(sides):
        raise BrokenFile(f"{size} is too narrow to be a slice")
    if count > MOST_SLICES:
        raise BrokenFile(f"{count} slices are too many; at most {MOST_SLICES}")
    if most and width * height * count > most:
        raise BrokenFile(
            f"{count} slices of {size} are too many; at most {most // 10**6} million pixels"
        )
