"""From numbers to pictures that say what they are. Every picture leaves through here."""

import io

import numpy as np
import torch
from PIL import Image, PngImagePlugin
from torch import Tensor

SYNTHETIC = "Synthetic picture made by a generative model. Not a real person. Not for diagnosis."


def to_uint8(images: Tensor) -> np.ndarray:
    """[N, C, R, R] about -1..1 -> uint8 [N, R, R] for grey or [N, R, R, 3] for colour."""
    pixels = (images * 127.5 + 128).clamp(0, 255).to(torch.uint8).cpu().numpy()
    return pixels[:, 0] if pixels.shape[1] == 1 else pixels.transpose(0, 2, 3, 1)


def to_uint16(images: Tensor) -> np.ndarray:
    """[N, 1, R, R] about -1..1 -> uint16 [N, R, R]: the same scale in steps 256 times finer."""
    pixels = (images.double() * 32640 + 32768).clamp(0, 65535).cpu().numpy()
    return pixels[:, 0].astype(np.uint16)


def grey(pictures: np.ndarray) -> np.ndarray:
    """uint8 [N, R, R, 3] -> [N, R, R] (ITU-R 601 luma); grey pictures pass."""
    if pictures.ndim == 3:
        return pictures
    return np.rint(pictures @ np.array([0.299, 0.587, 0.114])).astype(np.uint8)


def shrink(pictures: np.ndarray, side: int) -> np.ndarray:
    """Box averages: [N, R, R] -> float32 [N, side, side]; smaller pictures keep their size."""
    N, R = pictures.shape[:2]
    side = min(side, R)
    blocks = pictures.reshape(N, side, R // side, side, R // side)
    return blocks.mean(axis=(2, 4), dtype=np.float32)


def contact_sheet(images: np.ndarray, columns: int) -> np.ndarray:
    """Tile uint8 pictures [N, H, W] or [N, H, W, 3] row by row; empty places stay black."""
    rows = -(-len(images) // columns)
    missing = np.zeros((rows * columns - len(images), *images.shape[1:]), np.uint8)
    tiles = np.concatenate([images, missing])
    H, W = images.shape[1:3]
    tiles = tiles.reshape(rows, columns, *images.shape[1:]).swapaxes(1, 2)
    return tiles.reshape(rows * H, columns * W, *images.shape[3:])


def png_bytes(picture: np.ndarray, description: str = SYNTHETIC, **text: str) -> bytes:
    """Encode uint8 [R, R] or [R, R, 3], or uint16 [R, R], without loss.

    `text` is kept in the file as named fields.
    """
    info = PngImagePlugin.PngInfo()
    for key, value in {"Description": description, **text}.items():
        info.add_itxt(key, value)
    buffer = io.BytesIO()
    # Level 1 takes a third of the default's time for a few per cent more bytes.
    Image.fromarray(picture).save(buffer, "PNG", pnginfo=info, compress_level=1)
    return buffer.getvalue()
