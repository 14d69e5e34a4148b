"""Doubts about rows: each rule finds its case, a second of its kind, and not what is fine."""

from __future__ import annotations

import numpy as np
import pytest

import trialpool as tp
from trialpool.effects.doubts.rows import RULES
from trialpool.effects.doubts.table import Others, compared_name, digits, trial_word
from trialpool.effects.inputs import Table, read_effects

COUNTS = ("events_experimental", "n_experimental", "events_control", "n_control")
RATIO = ("hr", "ci_lower", "ci_upper")


def rules(columns, rows, measure=None):
    """Read a table whose first column is the name; rules of its doubts and the names in them."""
    header = ("study", *columns)
    cells = tuple(dict(zip(header, map(str, row), strict=True)) for row in rows)
    table = Table("t.csv", header, cells, tuple(range(2, 2 + len(cells))))
    return {doubt.rule: doubt.labels for doubt in read_effects(table, measure).warnings}


SMITH = ("Smith 2019", 0.74, 0.65, 0.85)
JONES = ("Jones 2020", 0.80, 0.70, 0.92)


@pytest.mark.parametrize(
    ("columns", "rows", "measure", "expected"),
    [
        (RATIO, [SMITH, SMITH, JONES], None, {"trial-twice": ("Smith 2019", "Smith 2019")}),
        # Typed with another case and hyphen; and under another name.
        (
            RATIO,
            [("A‑1", 0.74, 0.65, 0.85), ("a-1", "0.740", 0.65, 0.85), JONES],
            None,
            {"trial-twice": ("A‑1", "a-1")},
        ),
        (
            RATIO,
            [SMITH, JONES, ("Update", *SMITH[1:])],
            None,
            {"trial-twice": ("Smith 2019", "Update")},
        ),
        (
            COUNTS,
            [("A", 37, 213, 45, 209), ("B", 8, 80, 12, 80), ("C", 37, 213, 45, 209)],
            "RR",
            {"trial-twice": ("A", "C")},
        ),
        # Two small trials may well count alike.
        (COUNTS, [("A", 1, 20, 2, 20), ("B", 1, 20, 2, 20), ("C", 3, 30, 6, 30)], "OR", {}),
        (RATIO, [SMITH, JONES], None, {}),
        # One name typed in two ways; two names that a reader can tell apart.
        (
            RATIO,
            [("KEYNOTE‑189", *SMITH[1:]), ("Keynote-189", *JONES[1:])],
            None,
            {"names-alike": ("KEYNOTE‑189", "Keynote-189")},
        ),
        (RATIO, [("KEYNOTE 189", *SMITH[1:]), ("KEYNOTE 189A", *JONES[1:])], None, {}),
        # Totals: by name in several languages and programs, by their counts, by their effect.
        *(
            (RATIO, [SMITH, JONES, (name, 0.77, 0.70, 0.85)], None, {"total-row": (name,)})
            for name in (
                "Total (95% CI)",
                "Overall",
                "pooled estimate",
                "Gesamt",
                "Sub-total",
                "RE Model",
                "Summe",
                "Random-effects model",
            )
        ),
        *(
            (RATIO, [SMITH, JONES, (name, 0.77, 0.70, 0.85)], None, {})
            for name in ("TOTAL 2015", "Totaro 2010", "Summers 2009", "POOL-1", "Allison")
        ),
        (
            COUNTS,
            [
                ("A", 10, 100, 20, 103),
                ("B", 8, 80, 12, 80),
                ("C", 30, 300, 45, 300),
                ("X", 48, 480, 77, 483),
            ],
            "OR",
            {"total-row": ("X",)},
        ),
        # A subtotal stands after its rows, and others follow.
        (
            COUNTS,
            [
                ("A", 10, 100, 20, 103),
                ("B", 8, 80, 12, 80),
                ("sum?", 18, 180, 32, 183),
                ("D", 7, 90, 9, 91),
            ],
            "RD",
            {"total-row": ("sum?",)},
        ),
        (
            ("events", "n"),
            [("A", 31, 140), ("B", 22, 151), ("C", 53, 291)],
            "PLO",
            {"total-row": ("C",)},
        ),
        # Arms: two doses against one placebo; an arm of 1,500 wherever it stands.
        (
            COUNTS,
            [
                ("A low dose", 10, 100, 20, 100),
                ("A high dose", 7, 98, 20, 100),
                ("B", 8, 80, 12, 80),
            ],
            "OR",
            {"shared-arm": ("A low dose", "A high dose")},
        ),
        (
            COUNTS,
            [
                ("Lee 2011", 310, 1490, 351, 1502),
                ("Kim 2014", 280, 1480, 351, 1502),
                ("B", 8, 80, 12, 80),
            ],
            "RR",
            {"shared-arm": ("Lee 2011", "Kim 2014")},
        ),
        (
            COUNTS,
            [
                ("Study 1", 10, 100, 20, 100),
                ("Study 2", 7, 98, 20, 100),
                ("Study 3", 8, 80, 12, 80),
            ],
            "OR",
            {},
        ),
        # Scales.
        (RATIO, [("A", 74, 65, 85), ("B", 0.75, 0.65, 0.86)], None, {"ratio-in-percent": ("A",)}),
        (
            RATIO,
            [("A", 0.62, 0.5, 0.77), ("B", 0.75, 0.65, 0.86), ("C", 88, 70, 110)],
            None,
            {"ratio-in-percent": ("C",)},
        ),
        (
            RATIO,
            [("A", 74, 65, 85), ("B", 75, 65, 86)],
            None,
            {"ratio-plausible": ("A", "B")},
        ),
        # A wide interval holds anything, and so does an odds ratio of rare events.
        (RATIO, [("A", 25, 1.5, 416), ("B", 0.75, 0.65, 0.86)], None, {}),
        (COUNTS, [("A", 40, 50, 1, 50), ("B", 44, 50, 2, 50)], "OR", {}),
        (
            ("yi", "sei"),
            [("A", 0.74, 0.068), ("B", 0.75, 0.071), ("C", 0.79, 0.067)],
            "HR",
            {"ratio-typed-as-log": ("A", "B", "C")},
        ),
        (
            ("yi", "vi"),
            [("A", 0.9, 0.04), ("B", 1.2, 0.03), ("C", 0.61, 0.05), ("D", 1.01, 0.02)],
            "OR",
            {"ratio-typed-as-log": ("A", "B", "C", "D")},
        ),
        (("yi", "sei"), [("A", -0.30, 0.068), ("B", -0.29, 0.071), ("C", 0.5, 0.3)], "HR", {}),
        # The same numbers as standardised differences are nothing odd.
        (("yi", "sei"), [("A", 0.74, 0.068), ("B", 0.75, 0.071), ("C", 0.79, 0.067)], None, {}),
        (
            ("yi", "sei"),
            [("A", 12.0, 3.0), ("B", 8.0, 4.0)],
            "RD",
            {"difference-in-percent": ("A", "B")},
        ),
        (("yi", "sei"), [("A", 0.2, 0.2), ("B", 0.3, 0.3)], None, {"column-copied": ("A", "B")}),
    ],
)
def test_what_is_doubted(columns, rows, measure, expected):
    assert rules(columns, rows, measure) == expected


TRUE = [
    (f"T{i}", y, s)
    for i, (y, s) in enumerate(
        [(-0.30, 0.14), (-0.10, 0.17), (-0.55, 0.12), (-0.40, 0.2), (-0.21, 0.25), (0.05, 0.3)]
    )
]


def test_slips_of_the_decimal_mark():
    assert rules(("yi", "sei"), TRUE, "HR") == {}
    for factor, expected in ((100, "effect-far-from-others"), (-30, "effect-far-from-others")):
        slipped = [(TRUE[0][0], TRUE[0][1] * factor, 0.14), *TRUE[1:]]
        found = rules(("yi", "sei"), slipped)
        assert found == {expected: ("T0",)}, found
    tight = [*TRUE[:3], ("T3", -0.40, 0.002), *TRUE[4:]]
    assert rules(("yi", "sei"), tight, "HR") == {"error-far-from-others": ("T3",)}
    wide = [*TRUE[:3], ("T3", -0.40, 20), *TRUE[4:]]
    assert rules(("yi", "sei"), wide, "HR") == {"error-far-from-others": ("T3",)}


def test_errors_go_with_patients():
    """SE √n is alike where trials are alike; ten times less is a slip that no gap would show."""
    rows = [
        (f"T{i}", round(y, 3), round(2 / n**0.5, 4), n)
        for i, (y, n) in enumerate(
            [(-0.3, 200), (-0.1, 90), (-0.2, 400), (-0.25, 1600), (-0.4, 150)]
        )
    ]
    assert rules(("yi", "sei", "n"), rows, "HR") == {}
    name, y, se, n = rows[1]
    assert rules(("yi", "sei", "n"), [rows[0], (name, y, se / 10, n), *rows[2:]], "HR") == {
        "error-far-from-others": ("T1",)
    }


def test_arms_and_spreads():
    counts = [("A", 10, 100, 20, 103), ("B", 8, 80, 12, 82), ("C", 30, 300, 45, 310)]
    assert rules(COUNTS, [*counts, ("D", 9, 1000, 14, 101)], "OR") == {
        "arms-of-unequal-size": ("D",)
    }
    assert rules(COUNTS, [*counts, ("D", 9, 150, 14, 101)], "OR") == {}


def test_a_trial_twice_beside_another_with_its_numbers():
    one, other = ("Ash", 11, 29), ("Birch", 11, 29)
    rows = [one, other, one, ("Elm", 9, 33), ("Fir", 14, 40), ("Oak", 7, 51)]
    assert rules(("events", "n"), rows, "PLO") == {"trial-twice": ("Ash", "Ash")}


def test_an_allocation_of_person_time():
    columns = ("events_experimental", "time_experimental", "events_control", "time_control")
    rates = [("A", 10, 1000, 20, 1030), ("B", 8, 800, 12, 820), ("C", 30, 300, 45, 310)]
    assert rules(columns, [*rates, ("D", 6, 15366, 10, 1503)], "IRR") == {
        "arms-of-unequal-size": ("D",)
    }
    assert rules(columns, [*rates, ("D", 6, 1536, 10, 1503)], "IRR") == {}


def test_deviations_where_the_others_are_alike():
    columns = tuple(
        f"{x}_{arm}" for arm in ("experimental", "control") for x in ("mean", "sd", "n")
    )
    rows = [(f"T{i}", 22.0, 8.0 + i / 9, 80 + i, 23.5, 8.1, 78 - i) for i in range(6)]
    assert rules(columns, [*rows, ("X", 22.0, 19.4, 77, 23.0, 7.3, 74)], "MD") == {
        "deviations-apart": ("X",)
    }
    # Two of six patients each may differ so.
    assert rules(columns, [*rows, ("X", 22.0, 19.4, 6, 23.0, 7.3, 6)], "MD") == {}


def test_errors_of_standardised_differences_hang_on_the_patients():
    rows = [(f"T{i}", i / 20, f"{4 / n:.4f}", n // 2, n // 2)
            for i, n in enumerate((40, 60, 90, 130, 200, 310))]  # fmt: skip
    columns = ("yi", "vi", "n1i", "n2i")
    assert rules(columns, rows, "SMD") == {}
    # The error of the third in the column of variances.
    rows[2] = ("T2", 0.1, f"{(4 / 90) ** 0.5:.4f}", 45, 45)
    rows[5] = ("T5", 0.25, f"{(4 / 310) ** 0.5:.4f}", 155, 155)
    assert rules(columns, rows, "SMD") == {"error-far-from-others": ("T5",)}


PRINTED = [
    ("Ash", "0.74", "0.65", "0.84"), ("Birch", "0.80", "0.70", "0.91"),
    ("Elm", "0.69", "0.50", "0.95"), ("Fir", "0.91", "0.75", "1.10"),
    ("Oak", "0.85", "0.60", "1.20"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("row", "found"),
    [
        (("Yew", "0.7", "0.69", "0.79"), {"decimals-apart": ("Yew",)}),
        (("Yew", "0.744", "0.69", "0.79"), {"decimals-apart": ("Yew",)}),
        # A paper that rounds all its numbers in another way; all as the others.
        (("Yew", "0.7", "0.6", "0.8"), {}),
        (("Yew", "0.744", "0.690", "0.802"), {}),
        (("Yew", "0.74", "0.69", "0.79"), {}),
    ],
)  # fmt: skip
def test_a_digit_too_many_or_too_few(row, found):
    own = rules(RATIO, [*PRINTED, row])
    assert {name: labels for name, labels in own.items() if name != "interval-symmetry"} == found


def test_decimals_say_nothing_where_zeros_at_the_end_are_dropped():
    rows = [tuple(x.rstrip("0") for x in row) for row in PRINTED]
    assert "decimals-apart" not in rules(RATIO, rows)
    rows = [(f"T{i}", f"0.{i + 1}3", f"0.1{i + 1}") for i in range(6)]
    assert rules(("yi", "sei"), [*rows, ("T6", "0.4", "0.12")], "MD") == {}
    # Numbers of Python end in .0, which says nothing of zeros further on.
    own = tp.effect_sizes(yi=[0.13, 0.0, 0.23, 0.33, 0.43, 1.0], sei=[0.11] * 6, measure="MD")
    assert own.warnings == ()


def test_effects_of_a_few_trials_and_of_many_are_not_doubted_so_soon():
    rows = [(f"T{i}", (i % 5 - 2) / 10, 0.1) for i in range(50)]
    for k, doubted in ((5, False), (12, True), (50, False)):
        *others, last = rows[:k]
        far = (last[0], 0.95, 0.1)
        own = rules(("yi", "sei"), [*others, far], "MD")
        assert ("effect-far-from-others" in own) is doubted


def test_twenty_thousand_true_trials_are_not_doubted():
    """A thousand tables of twenty: hazard ratios around 0.8 with tau 0.15, printed to 2 digits."""
    rng = np.random.default_rng(5)
    doubted = 0
    for _ in range(1000):
        se = np.exp(rng.uniform(np.log(0.06), np.log(0.5), 20))
        y = rng.normal(np.log(0.8), np.hypot(se, 0.15))
        rows = [
            (f"T{i}", *(f"{np.exp(a):.2f}" for a in (m, m - 1.96 * s, m + 1.96 * s)))
            for i, (m, s) in enumerate(zip(y, se, strict=True))
        ]
        own = rules(RATIO, rows)
        doubted += bool(set(own) - {"interval-symmetry"})
    # Two of twenty small trials may print the same six digits; that is the only false alarm.
    assert doubted <= 40


def test_a_doubt_says_what_to_do():
    found = tp.effect_sizes(hr=[74, 0.75], ci_lower=[65, 0.65], ci_upper=[85, 0.86])
    (doubt,) = found.warnings
    assert (doubt.rule, doubt.rows, doubt.labels) == ("ratio-in-percent", (0,), ("1",))
    assert str(doubt) == (
        "HR of 1 is 74.0, about 100 times the others [ratio-in-percent] Enter 0.74 for 74 percent."
    )
    assert doubt.to_dict()["remedy"] == "Enter 0.74 for 74 percent."
    assert len(RULES) == len({rule.__name__ for rule in RULES})


def test_names_and_digits():
    assert compared_name("  T‑DXd – Study ") == "t-dxd - study"
    assert trial_word("neosphere, arm b") == trial_word("neosphere arm c") == "neosphere"
    assert trial_word("study 1") == trial_word("1 b") == trial_word("1") == ""
    assert [digits(x) for x in ("0.74", "100", "-0.050", "213", "1.2345", "0")] == [
        2,
        1,
        2,
        3,
        3,
        0,
    ]


@pytest.mark.parametrize("rows", [4, 30, 400])
@pytest.mark.parametrize("odd", ["", "far", "sure", "both"])
def test_pools_of_all_rows_but_one(rows, odd):
    random = np.random.default_rng(rows)
    v = random.uniform(0.01, 0.3, rows)
    y = random.normal(0.2, 0.3, rows)
    if odd in ("far", "both"):
        y[1] = 50.0
    if odd in ("sure", "both"):
        v[2] = 1e-8
    found = Others.of(y, v)
    for i in range(rows):
        own, w = np.delete(y, i), 1 / np.delete(v, i)
        mean = w @ own / w.sum()
        q = w @ (own - mean) ** 2
        tau2 = max(0.0, (q - rows + 2) / (w.sum() - w @ w / w.sum()))
        u = 1 / (np.delete(v, i) + tau2)
        expected = (mean, 1 / w.sum(), u @ own / u.sum(), 1 / u.sum(), tau2)
        got = (*(x[i] for x in found.common), *(x[i] for x in found.random), found.tau2[i])
        assert got == pytest.approx(expected, rel=1e-3, abs=1e-6)
