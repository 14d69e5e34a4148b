"""Damaged files of digitisers and figures: a named error, or numbers that stand in the file."""

from __future__ import annotations

import io
import json
import math
import random
import re
import tarfile

import numpy as np
import pytest
from fuzzing import NO_NUMBER, NUMBERS, WORDS
from matplotlib.figure import Figure

from trialpool.survival.digitised.at_risk import read_at_risk
from trialpool.survival.digitised.paths import choose_path, pdf_paths
from trialpool.survival.digitised.projects import (
    curves_of_archive,
    curves_of_dig,
    curves_of_project,
)
from trialpool.survival.digitised.svg import svg_paths
from trialpool.survival.digitised.tables import curves_of_table

FEW, MANY = 40, 1000
TIMES = (0, 1.5, 3, 4.25, 6, 9, 12)
LEVELS = (1, 0.97, 0.9, 0.82, 0.71, 0.64, 0.55)
PAIRS = "Drug,,Control,\nX,Y,X,Y\n" + "".join(
    f"{t},{s},{t + 0.25},{s - 0.05:.2f}\n" for t, s in zip(TIMES, LEVELS, strict=True)
)
ENGAUGE = "x;Drug;Control\n" + "".join(
    f"{t};{s};{s - 0.05:.2f}\n".replace(".", ",") for t, s in zip(TIMES, LEVELS, strict=True)
)
POINTS = [{"x": t, "y": s, "value": [t, s]} for t, s in zip(TIMES, LEVELS, strict=True)]
PROJECT = json.dumps(
    {
        "version": [4, 2],
        "axesColl": [{"name": "XY", "type": "XYAxes"}],
        "datasetColl": [{"name": name, "axesName": "XY", "data": POINTS} for name in ("A", "B")],
    }
)
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg"><g id="frame"><path d="M0 0 L200 0"/></g>'
    '<g id="curves" stroke="#cc0000"><path d="M0 0 L10 0 L10 5 L20 5 L20 9 L30 9 L30 12 L40 12"/>'
    '<polyline points="0,0 15,0 15,8"/></g></svg>'
)
DIG = (
    '<?xml version="1.0"?><!DOCTYPE engauge><Document><CoordSystem><Coords '
    'TypeString="Cartesian"/><Curve CurveName="Axes"><CurvePoints>'
    + "".join(
        f'<Point><PositionScreen X="{a}" Y="{b}"/><PositionGraph X="{c}" Y="{d}"/></Point>'
        for a, b, c, d in ((100, 500, 0, 0), (600, 500, 12, 0), (100, 100, 0, 1))
    )
    + '</CurvePoints></Curve><CurvesGraphs><Curve CurveName="A"><CurvePoints>'
    + "".join(
        f'<Point><PositionScreen X="{100 + 40 * t}" Y="{500 - 400 * s}"/></Point>'
        for t, s in zip(TIMES, LEVELS, strict=True)
    )
    + "</CurvePoints></Curve></CurvesGraphs></CoordSystem></Document>"
)
AT_RISK = "Months,0,6,12,18\nDrug,402,345,267,80\nControl,406,330,250,66\n"
AT_RISK_PRINTED = (
    "Number at risk\n       0 6 12 18\nDrug   402 345 (9) 267 80\nControl 406 330 25 6\n"
)


def archive() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, text in (("info.json", '{"json": "wpd.json"}'), ("wpd.json", PROJECT)):
            info = tarfile.TarInfo(f"project/{name}")
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text.encode()))
    return buffer.getvalue()


def pdf() -> bytes:
    figure = Figure(figsize=(3, 2))
    figure.add_axes((0.1, 0.1, 0.8, 0.8)).step(TIMES, LEVELS, where="post", color="#cc0000")
    buffer = io.BytesIO()
    figure.savefig(buffer, format="pdf", metadata={"CreationDate": None})
    return buffer.getvalue()


def damaged(text: str, rng: random.Random) -> str:
    """One to three faults: cells, lines, characters, the end."""
    for _ in range(rng.randint(1, 3)):
        numbers = list(re.finditer(r"\d+(?:[.,]\d+)?", text))
        kind = rng.randrange(8)
        at = rng.randrange(len(text) + 1)
        if kind <= 2 and numbers:
            spot = rng.choice(numbers)
            new = rng.choice((NO_NUMBER, NUMBERS, WORDS)[kind])
            text = text[: spot.start()] + new[:2000] + text[spot.end() :]
        elif kind == 3:
            lines = text.splitlines(keepends=True) or [""]
            line = rng.randrange(len(lines))
            lines[line : line + 1] = [lines[line]] * rng.choice((0, 2))
            text = "".join(lines)
        elif kind == 4:
            text = text[:at] + rng.choice(',;\t"\n\x00{}[]<>/=eE-.% ') + text[at:]
        elif kind == 5:
            text = text[:at] + text[at + rng.randint(1, 6) :]
        elif kind == 6:
            text = text[: max(at, 1)]
        else:
            text = text.replace(*rng.choice(((",", ";"), (".", ","), ("\n", "\r\n"), ('"', "'"))))
    return text


def numbers_of(text: str) -> set[float]:
    """Every number of a text, as any of its separators and marks may be meant."""
    found = set()
    for pattern in (r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", r"[+-]?\d*,\d+(?:[eE]-?\d+)?"):
        for part in re.findall(pattern, text.replace("−", "-")):
            value = float(part.replace(",", "."))
            found |= {value, -value, value / 100}
    return found


def outcome(read, content):
    """What is read, and how it is refused; any other error is a fault."""
    try:
        return read(content), None
    except ValueError as error:
        return None, str(error)


def curves_stand_in_the_file(found, text: str | None) -> None:
    for curve in found.curves:
        assert curve.time.size == curve.survival.size > 0
        assert np.isfinite(curve.time).all()
        assert np.isfinite(curve.survival).all()
        if text is not None:
            known = numbers_of(text)
            assert set(curve.time.tolist()) <= known
            assert set(curve.survival.tolist()) <= known
    names = [curve.name for curve in found.curves]
    assert len(set(names)) == len(names)


def counts_stand_in_the_file(arms, text: str) -> None:
    digits = {int(re.sub(r"\D", "", part)) for part in re.findall(r"\d[\d, ]*", text)}
    digits |= {int(part) for part in re.findall(r"\d+", text)}
    for arm in arms:
        counts = [count for _, count in arm.table]
        assert counts == sorted(counts, reverse=True)
        assert set(counts) <= digits
        assert all(math.isfinite(time) and time >= 0 for time, _ in arm.table)


def lines_stand_in_the_file(paths, text: str) -> None:
    """Without transforms a corner is where the path says."""
    lines_are_finite(paths)
    known = numbers_of(text)
    for path in paths:
        assert {*path.x.tolist(), *path.y.tolist()} <= known


def lines_are_finite(paths) -> None:
    path, refused = outcome(lambda lines: choose_path(lines, None), paths)
    if refused is not None:
        assert refused
        return
    assert np.isfinite(path.x).all()
    assert path.x.size == path.y.size > 6


def of_text(read, base: str, check):
    def one(rng: random.Random) -> bool:
        text = damaged(base, rng)
        found, refused = outcome(read, text)
        if refused is not None:
            assert 0 < len(refused) < 3000, text
            return False
        check(found, text)
        return True

    return one


def of_bytes(read, base: bytes, check):
    def one(rng: random.Random) -> bool:
        content = bytearray(base)
        for _ in range(rng.randint(1, 8)):
            content[rng.randrange(len(content))] = rng.randrange(256)
        if rng.random() < 0.3:
            del content[rng.randrange(len(content)) :]
        found, refused = outcome(read, bytes(content))
        if refused is not None:
            assert 0 < len(refused) < 3000
            return False
        check(found)
        return True

    return one


READERS = {
    "pairs": of_text(curves_of_table, PAIRS, curves_stand_in_the_file),
    "engauge": of_text(curves_of_table, ENGAUGE, curves_stand_in_the_file),
    "project": of_text(curves_of_project, PROJECT, curves_stand_in_the_file),
    "dig": of_text(curves_of_dig, DIG, lambda found, text: curves_stand_in_the_file(found, None)),
    "svg": of_text(svg_paths, SVG, lines_stand_in_the_file),
    "at risk": of_text(read_at_risk, AT_RISK, counts_stand_in_the_file),
    "at risk, printed": of_text(read_at_risk, AT_RISK_PRINTED, counts_stand_in_the_file),
    "archive": of_bytes(
        curves_of_archive, archive(), lambda found: curves_stand_in_the_file(found, None)
    ),
    "pdf": of_bytes(pdf_paths, pdf(), lines_are_finite),
}


@pytest.mark.parametrize("name", sorted(READERS))
def test_damaged_files(name):
    read = [READERS[name](random.Random(number)) for number in range(FEW)]
    assert 0 < sum(read) < FEW


@pytest.mark.fuzz
@pytest.mark.parametrize("name", sorted(READERS))
def test_a_thousand_damaged_files(name):
    read = [READERS[name](random.Random(number)) for number in range(MANY)]
    assert 0 < sum(read) < MANY


GARBAGE = [text for text in NO_NUMBER if text not in ("1e5", "nan", "-", ".", "NULL", "−0.65")]


@pytest.mark.parametrize("place", ["9,0.64", "6,0.71"])
def test_what_is_no_number_is_refused_wherever_it_stands(place):
    """In a table of pairs, quoted so that it stays one cell."""
    time, level = place.split(",")
    for garbage in GARBAGE:
        quoted = '"' + garbage.replace('"', '""') + '"'
        for old, new in ((f"{time},{level}", f"{quoted},{level}"), (place, f"{time},{quoted}")):
            text = PAIRS.replace(f"\n{old},", f"\n{new},")
            assert text != PAIRS
            if garbage == "0,65":
                # A decimal comma beside decimal points.
                continue
            with pytest.raises(ValueError, match=r"is not a number|cells|not well-formed"):
                curves_of_table(text)
