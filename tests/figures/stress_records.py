"""Records that strain a layout: very few and very many trials, odd names, odd numbers."""

from __future__ import annotations

from typing import Any

from forest_records import arm, record, trial

Json = dict[str, Any]
LONG_WORD = "Überlebenszeitverlängerungsuntersuchung" * 3


def _trials(count: int, groups: int = 1, **changes: Any) -> list[Json]:
    made = []
    for index in range(count):
        effect = 0.5 + 0.4 * ((index * 37) % 101) / 100
        spread = 1.2 + 0.5 * ((index * 53) % 89) / 88
        item = trial(
            f"Trial {index + 1}", 1990 + index % 35, f"Group {index % groups + 1}",
            "one drug added to another", (effect, effect / spread, effect * spread),
            (40 + index % 60, 200 + index), (60 + index % 50, 201 + index),
        )  # fmt: skip
        made.append({**item, **changes})
    return sorted(made, key=lambda item: int(item["group"].split()[1]))


def one() -> Json:
    return record("one", "One trial", _trials(1))


def two() -> Json:
    return record("two", "Two trials", _trials(2))


def two_hundred() -> Json:
    return record("two-hundred", "Two hundred trials", _trials(200, 7))


def names() -> Json:
    """Ninety characters, one word, Chinese, Arabic and Hebrew."""
    texts = (
        (
            "A name of ninety characters that goes on and on "
            "until the ninetieth of them is reached now"
        ),
        LONG_WORD[:90],
        "曲妥珠单抗联合帕妥珠单抗治疗转移性乳腺癌",
        "دراسة سريرية عشوائية",
        "מחקר קליני אקראי",
    )
    items = _trials(len(texts))
    for item, text in zip(items, texts, strict=True):
        item |= {"label": text, "comparison": text}
    return record("names", "Names", items)


def wide_range() -> Json:
    """Estimates from 0.001 to 1000."""
    items = []
    for index, value in enumerate((0.001, 0.03, 0.9, 1.0, 40.0, 1000.0)):
        items.append(trial(f"T{index}", 2000, "All", "c", (value, value / 3, value * 3)))
    return record("wide-range", "Wide range", items)


def clipped() -> Json:
    """Narrow trials set the axis; every one of a second group goes far beyond it."""
    narrow = _trials(9)
    for item in narrow:
        item |= {"ci_lower": item["estimate"] - 0.1, "ci_upper": item["estimate"] + 0.1, "se": 0.05}
    wide = []
    for index in range(4):
        item = trial(f"Wide {index}", 2000, "Wide", "c", (0.9, 0.9, 0.9))
        wide.append(item | {"ci_lower": -8.0, "ci_upper": 8.0, "se": 4.0})
    return record("clipped", "Clipped", [*narrow, *wide])


def missing() -> Json:
    """No year, no comparison, no patients, in every other trial."""
    items = _trials(6, year=None)
    for item in items[::2]:
        item |= {"comparison": "", "experimental": arm("e", (None, None)),
                 "control": arm("c", (None, None))}  # fmt: skip
    return record("missing", "Missing", items)


def thirty_groups() -> Json:
    return record("thirty-groups", "Thirty groups of one", _trials(30, 30))


def months() -> Json:
    """A measure whose name is wider than the plot."""
    items = [
        trial(f"T{index}", 2010, "All", "one drug added to another", (2.0, -1.0 + index, 4.0),
              log=False)
        for index in range(2)
    ]  # fmt: skip
    return record("months", "Months gained", items, measure="RMSTD")


def stress_records() -> dict[str, Json]:
    builds = (one, two, two_hundred, names, wide_range, clipped, missing, thirty_groups, months)
    return {build.__name__: build() for build in builds}
