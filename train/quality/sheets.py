"""Rows of pictures with words between them."""

import numpy as np
from PIL import Image, ImageDraw

from gan.picture import contact_sheet

_LINE = 14  # pixels of a line of words


def labelled_sheet(parts: list[str | list[str] | np.ndarray]) -> np.ndarray:
    """Parts below each other: a line of words, a caption for each picture, or a row of pictures.

    Pictures: uint8 [N, R, R] or [N, R, R, 3], all of one size, N the same in every row.
    """
    rows = [part for part in parts if isinstance(part, np.ndarray)]
    N, R = rows[0].shape[:2]
    mode = "L" if rows[0].ndim == 3 else "RGB"
    height = R * len(rows) + _LINE * (len(parts) - len(rows))
    sheet = Image.new(mode, (N * R, height))
    pen = ImageDraw.Draw(sheet)
    y = 0
    for part in parts:
        if isinstance(part, np.ndarray):
            sheet.paste(Image.fromarray(contact_sheet(part, N)), (0, y))
            y += R
            continue
        words = [(0, part)] if isinstance(part, str) else enumerate(part)
        for i, word in words:
            pen.text((i * R + 2, y + 1), word, 255 if mode == "L" else "white")
        y += _LINE
    return np.asarray(sheet)
