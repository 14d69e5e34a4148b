"""Damaged reviews in both forms: a named error, or rows and a list of what was not understood."""

from __future__ import annotations

import csv
import io
import random
import zipfile
from pathlib import Path

import pytest
from fuzzing import NO_NUMBER, NUMBERS, WORDS
from shipped_imports import import_review
from test_fuzz_imports import check

from trialpool.findings import InputError

FIXTURES = Path(__file__).parent / "fixtures" / "revman"
TEXTS = (*NO_NUMBER, *NUMBERS, *WORDS)
FEW, SOME, MANY = 12, 60, 1_000


def parts_of(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {part.filename: archive.read(part) for part in archive.infolist()}


def zipped(parts: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def flipped(raw: bytes, rng: random.Random) -> bytes:
    damaged = bytearray(raw)
    for _ in range(rng.choice((1, 1, 3, 20))):
        damaged[rng.randrange(len(damaged))] = rng.randrange(256)
    return bytes(damaged)


def cut(raw: bytes, rng: random.Random) -> bytes:
    return raw[: rng.randrange(len(raw))]


def cells_changed(raw: bytes, rng: random.Random) -> bytes:
    """Cells of a table, or lines of references, that hold something else."""
    text = raw.decode("utf-8-sig")
    if text.startswith("TY"):
        lines = text.split("\r\n")
        lines[rng.randrange(len(lines))] = rng.choice(TEXTS)
        return "\r\n".join(lines).encode("utf-8", "replace")
    rows = list(csv.reader(io.StringIO(text, newline="")))
    for _ in range(rng.choice((1, 2, 5))):
        row = rng.choice(rows)
        choice = rng.random()
        if choice < 0.7 and row:
            row[rng.randrange(len(row))] = rng.choice(TEXTS)
        elif choice < 0.8 and row:
            del row[rng.randrange(len(row))]
        elif choice < 0.9:
            rows.append(list(row))
        else:
            rows.remove(row)
            rows = rows or [[]]
    buffer = io.StringIO(newline="")
    csv.writer(buffer, lineterminator="\r\n").writerows(rows)
    return b"\xef\xbb\xbf" + buffer.getvalue().encode("utf-8", "replace")


def damaged_package(number: int) -> bytes:
    rng = random.Random(f"package {number}")
    parts = parts_of(FIXTURES / "revman-web.zip")
    name = rng.choice(list(parts))
    choice = rng.random()
    if choice < 0.1:
        return flipped(zipped(parts), rng)
    if choice < 0.2:
        return cut(zipped(parts), rng)
    if choice < 0.3:
        del parts[name]
    elif choice < 0.4:
        parts[name] = flipped(parts[name], rng)
    elif choice < 0.5:
        parts[name] = cut(parts[name], rng)
    elif choice < 0.55:
        parts = {"inner.zip": flipped(zipped(parts), rng)}
    else:
        for other in rng.sample(list(parts), 2):
            parts[other] = cells_changed(parts[other], rng)
    return zipped(parts)


def damaged_rm5(number: int) -> bytes:
    rng = random.Random(f"rm5 bytes {number}")
    raw = (FIXTURES / rng.choice(("small.rm5", "amp.rm5", "cp1252.rm5"))).read_bytes()
    choice = rng.random()
    if choice < 0.3:
        return flipped(raw, rng)
    if choice < 0.4:
        return cut(raw, rng)
    at = rng.randrange(len(raw))
    return raw[:at] + rng.choice(TEXTS).encode("utf-8", "replace")[:50] + raw[at:]


DAMAGED = {"review.zip": damaged_package, "review.rm5": damaged_rm5}


def read_all(file: str, numbers: range, folder: Path) -> list[bool]:
    results = []
    for number in numbers:
        own = folder / str(number)
        own.mkdir()
        path = own / file
        path.write_bytes(DAMAGED[file](number))
        results.append(check(import_review, path, own / "out") is not None)
    return results


@pytest.mark.parametrize("file", DAMAGED)
def test_some_damaged_reviews(file, tmp_path):
    assert any(read_all(file, range(FEW), tmp_path))


@pytest.mark.fuzz
@pytest.mark.parametrize("file", DAMAGED)
def test_more_damaged_reviews(file, tmp_path):
    results = read_all(file, range(FEW, SOME), tmp_path)
    assert any(results)
    assert not all(results)


@pytest.mark.fuzz
@pytest.mark.parametrize("file", DAMAGED)
def test_a_thousand_damaged_reviews(file, tmp_path):
    results = read_all(file, range(SOME, MANY // 2 + SOME), tmp_path)
    assert any(results)


@pytest.mark.parametrize("name", ["small.rm5", "revman-web.zip"])
def test_every_tenth_of_a_review_alone_is_refused_or_read(name, tmp_path):
    raw = (FIXTURES / name).read_bytes()
    path = tmp_path / name
    for tenth in range(10):
        path.write_bytes(raw[: len(raw) * tenth // 10])
        with pytest.raises(InputError) as caught:
            import_review(path)
        assert all(finding.rule and finding.message for finding in caught.value.findings)


def test_a_package_without_one_of_its_tables(tmp_path):
    parts = parts_of(FIXTURES / "revman-web.zip")
    path = tmp_path / "review.zip"
    for name in parts:
        path.write_bytes(zipped({part: raw for part, raw in parts.items() if part != name}))
        if "analysis-data" in name:
            with pytest.raises(InputError) as caught:
                import_review(path)
            assert [finding.rule for finding in caught.value.findings] == ["package"]
        else:
            imported = import_review(path)
            assert imported.pool_tables
            assert any("does not hold it" in e.reason or e.element == "reference"
                       for e in imported.left_out)  # fmt: skip
