"""The PNG of a drawing: 256 colours, a quarter of the size and time of full colour. The TIFF."""

from __future__ import annotations

import io
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from trialpool.figures.canvas.style import DPI

_MOST: Final = 256
# zlib's Z_RLE.
_RUNS: Final = 3
_COLOUR: Final = np.uint32(0xFFFFFF)


def png_bytes(
    pixels: NDArray[np.uint8], title: str, version: str = "", *, exact: bool = False, dpi: int = DPI
) -> bytes:
    """Write an opaque picture as a PNG with a palette.

    Parameters
    ----------
    pixels : array of shape (height, width, 4)
        Red, green, blue and alpha; alpha is taken to be 255 throughout.
    title : str
        Title inside the file.
    version : str
        Which data were drawn, inside the file; empty for none.
    exact : bool
        Every colour as it is, without a palette: shading would fall into steps.
    dpi : int
        Dots per inch that the picture was drawn with.
    """
    if exact:
        image = Image.fromarray(np.ascontiguousarray(pixels[:, :, :3]))
    else:
        indices, palette = quantise(pixels)
        image = Image.fromarray(indices)
        image.putpalette(palette.tobytes())
    text = PngInfo()
    text.add_itxt("Title", title)
    if version:
        text.add_itxt("Comment", version)
    buffer = io.BytesIO()
    # Most of a plot is runs of one colour: searching for more takes three times as long, and
    # saves an eighth of the size.
    image.save(buffer, "png", pnginfo=text, dpi=(dpi, dpi), compress_type=_RUNS)
    return buffer.getvalue()


def tiff_bytes(pixels: NDArray[np.uint8], title: str, version: str = "", dpi: int = DPI) -> bytes:
    """Write an opaque picture as a TIFF in full colour with LZW compression, as journals ask for.

    Parameters
    ----------
    pixels : array of shape (height, width, 4)
        Red, green, blue and alpha; alpha is taken to be 255 throughout.
    title, version : str
        Description inside the file.
    dpi : int
        Dots per inch that the picture was drawn with.
    """
    buffer = io.BytesIO()
    said = "; ".join(filter(None, (title, version)))
    Image.fromarray(np.ascontiguousarray(pixels[:, :, :3])).save(
        buffer, "tiff", compression="tiff_lzw", dpi=(dpi, dpi), description=said
    )
    return buffer.getvalue()


def quantise(pixels: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Reduce a picture to a palette of at most 256 colours.

    Colours are many only along the soft edges of letters and lines. Neighbouring ones are
    merged into the commonest of them, in the finest steps that leave few enough: exact
    where there are few, else off by a few of 255 levels on edges. Flat areas keep their
    colour.

    Parameters
    ----------
    pixels : array of shape (height, width, 4)
        Red, green, blue and alpha; alpha is left out.

    Returns
    -------
    Index of each pixel's colour, of shape (height, width), and the palette, of shape (n, 3).
    """
    packed = np.ascontiguousarray(pixels).view("<u4").ravel()
    # Most of a plot is background: only the rest is sorted.
    background = packed[0]
    drawn = np.flatnonzero(packed != background)
    values = packed[drawn]
    colours, counts = np.unique(values, return_counts=True)
    colours = np.concatenate([[background], colours])
    counts = np.concatenate([[packed.size], counts])
    levels: NDArray[Any] = colours.astype("<u4").view(np.uint8).reshape(-1, 4)[:, :3].astype(int)
    step, kept, merged = 1, np.arange(colours.size), np.arange(colours.size)
    while kept.size > _MOST:
        step += 1
        kept, merged = _merge(levels, counts, step)
    # One entry for every colour there can be: looking up beats searching.
    table = np.zeros(1 << 24, np.uint8)
    table[colours & _COLOUR] = merged
    indices = np.full(packed.size, table[background & _COLOUR], np.uint8)
    indices[drawn] = table[values & _COLOUR]
    return indices.reshape(pixels.shape[:2]), levels[kept].astype(np.uint8)


def _merge(
    levels: NDArray[Any], counts: NDArray[Any], step: int
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Find the commonest colour of each cube of `step` levels, and each colour's cube."""
    cubes = levels // step @ np.array([1 << 16, 1 << 8, 1])
    order = np.lexsort((-counts, cubes))
    _, first = np.unique(cubes[order], return_index=True)
    _, merged = np.unique(cubes, return_inverse=True)
    return order[first], merged
