"""Fewer colours that nobody sees, and line breaks that are those of whole measured lines."""

from __future__ import annotations

import io
import random

import numpy as np
import pytest
from forest_records import all_records
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

from trialpool.figures import draw_forest
from trialpool.figures.canvas.raster import png_bytes, quantise
from trialpool.figures.text.widths import _ROUNDING, _short_words, text_width, wrap


def pixels(result):
    drawn = draw_forest(result)
    drawn.figure.set_dpi(150)
    canvas = FigureCanvasAgg(drawn.figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())


def test_no_colour_moves_by_more_than_a_few_levels_and_flat_areas_do_not_move():
    full = pixels(all_records()["survival"])
    indices, palette = quantise(full)
    assert len(palette) <= 256
    moved = np.abs(palette[indices].astype(int) - full[..., :3])
    assert moved.max() <= 6
    # A pixel of a flat area has the colour of all around it; edges are soft over two or three.
    inner = full[1:-1, 1:-1]
    flat = np.all(
        [
            (np.roll(full, (up, left), (0, 1))[1:-1, 1:-1] == inner).all(axis=2)
            for up in (-1, 0, 1)
            for left in (-1, 0, 1)
        ],
        axis=0,
    )
    assert flat.sum() > 0.5 * flat.size
    assert (moved[1:-1, 1:-1][flat] == 0).all()


def test_few_colours_are_exact():
    rng = np.random.default_rng(1)
    colours = rng.integers(0, 256, (250, 4), dtype=np.uint8)
    colours[:, 3] = 255
    full = colours[rng.integers(0, 250, (40, 50))]
    indices, palette = quantise(full)
    assert (palette[indices] == full[..., :3]).all()


def test_shading_keeps_every_colour():
    grid = np.arange(512, dtype=np.uint16)
    full = np.full((8, 512, 4), 255, np.uint8)
    full[..., 0], full[..., 1] = grid // 2, 255 - grid // 3
    image = Image.open(io.BytesIO(png_bytes(full, "Shaded", exact=True)))
    assert (np.asarray(image) == full[..., :3]).all()
    assert image.info["Title"] == "Shaded"


def test_a_blank_picture():
    indices, palette = quantise(np.full((3, 4, 4), 255, np.uint8))
    assert palette.tolist() == [[255, 255, 255]]
    assert (indices == 0).all()


@pytest.mark.parametrize("face", ["regular", "bold"])
def test_lines_break_where_whole_measured_lines_would(face):
    rng = random.Random(1)
    line = "office affix flying AV. WAV To (T-DM1) Ty, 0.74 [0.58 to 0.83] first– l i"
    words = line.split()
    for _ in range(60):
        text = " ".join(rng.choices(words, k=40))
        width = rng.uniform(40, 400)
        lines, current = [], ""
        for word in _short_words(text.split(), 8.0, face, width):
            candidate = f"{current} {word}" if current else word
            if current and text_width(candidate, 8.0, face) > width + _ROUNDING:
                lines.append(current)
                current = word
            else:
                current = candidate
        assert wrap(text, 8.0, face, width) == (*lines, current)
