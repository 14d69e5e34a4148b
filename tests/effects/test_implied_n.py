"""Patients implied by a percentage and its interval: printed examples, and simulated ones."""

import re

import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint

from trialpool.effects.implied_n import IMPLIED, n_from_interval
from trialpool.effects.responses import Denominators, levels_of_reports, response
from trialpool.evidence.printed import parse_number
from trialpool.evidence.reading import read_evidence
from trialpool.evidence.schemas import TABLES
from trialpool.questions.shared.selection.responses import exactness_of

METHODS = {"Wald": "normal", "Wilson score": "wilson", "Clopper-Pearson": "beta"}


def implied(percent: str, lower: str, upper: str, level: float = 95.0, largest=None):
    printed = [parse_number(text) for text in (percent, lower, upper)]
    return n_from_interval(*printed, level, largest)


@pytest.mark.parametrize(
    ("printed", "n", "events"),
    [
        (("25", "13.1", "36.9"), 36, 9),
        (("46.7", "34.4", "58.9"), 45, 21),
        (("26.3", "14.5", "38.1"), 38, 10),
    ],
)
def test_cher_lob_at_90_percent_has_one_number_by_wald(printed, n, events):
    """METHODS §1: 36, 45 and 38 patients."""
    (fit,) = implied(*printed, 90.0).fits
    assert (fit.n, fit.events_smallest, fit.events_largest) == (n, events, events)
    assert fit.methods == ("Wald",)


@pytest.mark.parametrize("printed", [("62", "54.3", "68.8"), ("53", "45.4", "60.3")])
def test_nsabp_b_41_has_a_short_range_that_holds_172(printed):
    found = implied(*printed)
    assert found.smallest <= 172 <= found.largest
    assert found.se_open_by < 0.06


def test_an_interval_that_fits_no_number_gives_none():
    """25 % cannot have the interval 24 to 60 by any of the three."""
    assert implied("25", "24", "60") is None
    assert implied("46.7", "34.4", "58.9", 90.0, largest=44) is None


def test_limits_out_of_order_or_an_impossible_level_are_refused():
    with pytest.raises(ValueError, match="ascending"):
        implied("25", "36.9", "13.1")
    with pytest.raises(ValueError, match="level"):
        implied("25", "13.1", "36.9", 5.0)


@pytest.mark.parametrize(("percent", "n"), [("0", 20), ("100", 20)])
def test_none_or_all_of_the_patients_have_an_exact_interval(percent, n):
    """Rule of the definition: the open limit of x = 0 is 1 − 0.025^(1/n), the other one 0."""
    far = 100 * (1 - 0.025 ** (1 / n))
    limits = ("0.0", f"{far:.1f}") if percent == "0" else (f"{100 - far:.1f}", "100.0")
    found = implied(percent, *limits)
    assert n in [fit.n for fit in found.fits if "Clopper-Pearson" in fit.methods]


def test_on_500_simulated_printed_percentages_the_range_always_holds_the_truth():
    """Intervals by statsmodels; no or one decimal. Median width: `docs/explanation/ladder.md`."""
    rng = np.random.default_rng(20260101)
    names = list(METHODS)
    widths: dict[int, list[float]] = {0: [], 1: []}
    for number in range(500):
        n = int(rng.integers(15, 400))
        events = int(rng.binomial(n, rng.uniform(0.05, 0.95)))
        decimals, method = number % 2, names[number % 3]
        level = float(rng.choice([90.0, 95.0]))
        low, high = proportion_confint(events, n, 1 - level / 100, method=METHODS[method])
        text = [f"{100 * share:.{decimals}f}" for share in (events / n, low, high)]
        if float(text[1]) >= float(text[2]):
            continue  # Wald's interval of none or all is a point
        found = implied(*text, level, largest=1000)
        (own,) = [fit for fit in found.fits if fit.n == n]
        assert method in own.methods
        assert own.events_smallest <= events <= own.events_largest
        widths[decimals].append((found.largest - found.smallest) / n)
    assert len(widths[0]) + len(widths[1]) > 490
    # The stated medians of (largest − smallest) / n: 14 %; 5 % with one decimal, 39 % with none.
    assert np.median(widths[0] + widths[1]) < 0.15
    assert np.median(widths[1]) < 0.055
    assert np.median(widths[0]) < 0.40


def _counts(from_intervals: bool = True, arm_n: str = "", levels=None, **cells: str):
    names = [column.name for column in TABLES["responses"].columns]
    own = dict.fromkeys([*names, *cells], "") | cells
    where = Denominators(re.compile("intention"), from_intervals, levels or {})
    return response(own, arm_n, where)


CHER_LOB = {"percent": "46.7", "ci_lower": "34.4", "ci_upper": "58.9"}


def test_a_row_without_a_denominator_takes_it_from_its_interval_where_asked():
    found = _counts(arm_n="46", **CHER_LOB, ci_level="90")
    assert (found.status, found.events, found.n) == ("count", 21, 45)
    assert found.flags == ("n 45 from the interval of the percentage (Wald, 90%)",)
    assert found.inputs["ci_upper"] == "58.9"
    off = _counts(from_intervals=False, arm_n="46", **CHER_LOB, ci_level="90")
    assert (off.status, off.n) == ("none", None)


def test_a_level_that_is_not_printed_is_95_unless_no_number_of_the_arm_fits_it():
    """At 95 % the width of 46.7 (34.4 to 58.9) means 64 patients, of whom none are 46.7 %."""
    found = _counts(arm_n="46", **CHER_LOB)
    assert found.n == 45
    assert found.flags == (
        "n 45 from the interval of the percentage (Wald, 90%, level not printed)",
    )
    assert _counts(arm_n="46", **CHER_LOB, ci_level="95").status == "none"
    assert _counts(arm_n="40", **CHER_LOB).status == "none"


def test_a_range_is_told_and_a_wide_one_gives_no_count():
    """NSABP B-41; and usor-tpc: 52 (42 to 62), 88 to 108 patients."""
    found = _counts(percent="62", ci_lower="54.3", ci_upper="68.8")
    assert found.n == 172
    assert "172 (165 to 183 fit)" in found.flags[0]
    wide = _counts(percent="52", ci_lower="42", ci_upper="62")
    assert wide.status == "none"
    assert "too many to take one" in wide.reason


def test_a_printed_denominator_and_one_of_all_randomised_come_first():
    printed = _counts(**CHER_LOB, n="60")
    assert (printed.n, printed.rung) == (60, "percentage of n")
    stands_in = _counts(arm_n="45", definition="intention to treat", **CHER_LOB)
    assert stands_in.rung == "percentage of n"
    surest = {"events_smallest": "21", "events_largest": "21"}
    ranks = [exactness_of({"rung": rung} | surest) for rung in (printed.rung, IMPLIED)]
    assert ranks == sorted(ranks)
    assert len(set(ranks)) == 2


def test_the_level_of_a_report_is_that_of_its_rows_with_a_printed_n():
    """CHER-LOB: 25 (13.1 to 36.9) of 36 and 26.3 (14.5 to 38.1) of 38 are Wald at 90 %."""
    levels = levels_of_reports(read_evidence("data/raw").rows("responses"))
    assert levels["review2022cancers", "cher-lob"] == 90.0
    assert levels["shra1811neoadj", "fascinate-n-her2"] == 90.0
    # A printed level needs no other row (NCCTG 983252: 90 %).
    assert ("ncctg983252", "ncctg-983252") not in levels
    assert sorted(set(levels.values())) == [90.0, 95.0]
    assert sum(level == 95.0 for level in levels.values()) > 20
    row = {"trial_id": "cher-lob", "source_id": "review2022cancers", **CHER_LOB}
    found = _counts(arm_n="46", levels=levels, **row)
    assert found.n == 45
    assert found.flags[0].endswith("90%, level not printed, known from other arms of the report)")
    # Known to be 95 %, no other level is tried.
    told = {("review2022cancers", "cher-lob"): 95.0}
    assert _counts(arm_n="46", levels=told, **row).status == "none"
