"""A table reads back to its numbers however they are written, or is refused by name."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from trialpool.effects.inputs import read_effects, read_input
from trialpool.findings import InputError

NAMES = ("Müller", "O'Brien", "Smith; Jones", "Lee, 2003", "Nuñez | Co", "T-01", "年")
FORMATS = st.tuples(
    st.sampled_from(",;\t|"),
    st.sampled_from(".,"),
    st.sampled_from(["", ",", ".", " ", "\u00a0", "\u202f", "'", "’"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["-", "−"]),
    st.booleans(),
).filter(
    # Two marks alike are no format; quoted decimal commas with points between thousands in a
    # file of commas is nobody's.
    # Windows-1252 has neither a narrow space nor a minus.
    lambda f: (
        f[1] != f[2]
        and (f[0], f[2]) != (",", ".")
        and not (f[3] == "cp1252" and (f[2] == "\u202f" or f[5] == "−"))
    )
)


def written(value, digits, form):
    _, decimal, thousands, _, _, minus, _ = form
    whole, _, fraction = f"{abs(value):,.{digits}f}".partition(".")
    text = whole.replace(",", thousands) + (decimal + fraction if fraction else "")
    return minus + text if value < 0 else text


def stored(header, rows, form):
    separator, _, _, encoding, end, _, titled = form
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, lineterminator=end)
    if titled:
        out.write("Included trials" + end)
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue().encode(encoding, errors="replace")


def back(content, columns, measure):
    """Return the cells of columns as numbers; None where the file is refused by name."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "trials.csv"
        file.write_bytes(content)
        try:
            table = read_input(file, measure)
            read_effects(table, measure)
        except InputError as error:
            unnamed = {f.rule for f in error.findings} - {"number-format", "row-length", "csv"}
            if unnamed:
                raise
            return None
    return [[float(row[column]) for column in columns] for row in table.rows]


@settings(max_examples=120, deadline=None)
@given(st.data(), FORMATS)
def test_counts(data, form):
    k = data.draw(st.integers(1, 5))
    n = data.draw(st.lists(st.integers(2, 3_000_000), min_size=2 * k, max_size=2 * k))
    events = [data.draw(st.integers(1, own - 1)) for own in n]
    numbers = [[events[2 * i], n[2 * i], events[2 * i + 1], n[2 * i + 1]] for i in range(k)]
    rows = [
        [NAMES[i], *(written(value, 0, form) for value in own)] for i, own in enumerate(numbers)
    ]
    found = back(
        stored(["study", "ai", "n1i", "ci", "n2i"], rows, form),
        ["events_experimental", "n_experimental", "events_control", "n_control"],
        "OR",
    )
    assert found is None or found == numbers


@settings(max_examples=120, deadline=None)
@given(st.data(), FORMATS)
def test_real_numbers(data, form):
    k = data.draw(st.integers(1, 5))
    digits = data.draw(st.integers(0, 4))
    size = data.draw(st.sampled_from([1, 100, 30_000, 5_000_000]))
    real = st.integers(-size * 10**digits, size * 10**digits).map(lambda x: x / 10**digits)
    numbers = [[data.draw(real), abs(data.draw(real)) + 10**-digits] for _ in range(k)]
    numbers = [[round(value, digits) for value in own] for own in numbers]
    rows = [
        [NAMES[i], *(written(value, digits, form) for value in own)]
        for i, own in enumerate(numbers)
    ]
    found = back(stored(["study", "TE", "seTE"], rows, form), ["yi", "sei"], None)
    assert found is None or found == numbers


@settings(max_examples=60, deadline=None)
@given(st.data(), FORMATS)
def test_a_common_table_is_read(data, form):
    """With decimals that are none of three digits every format is told."""
    k = data.draw(st.integers(2, 5))
    hr = st.integers(20, 300).map(lambda x: x / 100)
    numbers = []
    for _ in range(k):
        low, middle, high = sorted(data.draw(st.lists(hr, min_size=3, max_size=3, unique=True)))
        numbers.append([middle, low, high])
    rows = [
        [NAMES[i], *(written(value, 2, form) for value in own)] for i, own in enumerate(numbers)
    ]
    header = ["Study", "Hazard ratio", "95% CI lower", "95% CI upper"]
    assert back(stored(header, rows, form), ["hr", "ci_lower", "ci_upper"], None) == numbers
