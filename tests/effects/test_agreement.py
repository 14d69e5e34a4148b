"""Printed hazard ratios beside those of their curves, and the flags of curves that need them."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from trialpool.effects.agreement import (
    FAR,
    MEDIANS,
    NEAR,
    NONE_PRINTED,
    agreements,
    as_rows,
    gap,
    median_gap,
)
from trialpool.effects.derive import derive_effects
from trialpool.evidence.printed import parse_number
from trialpool.questions.shared.selection.library import Library
from trialpool.settings import load_settings
from trialpool.survival import read_raw

ROOT = Path(__file__).resolve().parents[2]
NOT_PROPORTIONAL = {
    ("altto", "l", "t", "DFS"),
    ("altto", "l", "t", "OS"),
    ("bolero-3", "eve-tras-vin", "pla-tras-vin", "PFS"),
    ("cleopatra", "pert-tras-doc", "pla-tras-doc", "PFS"),
    ("extenet", "ner", "pbo", "IDFS"),
    ("marianne", "t-dm1", "h-tax", "PFS"),
    ("marianne", "t-dm1-p", "h-tax", "PFS"),
    ("noah", "ct-h", "ct", "EFS"),
}


@pytest.fixture(scope="module")
def shipped():
    settings, _ = load_settings(ROOT / "config" / "config.yaml", ROOT)
    evidence, _ = read_raw(ROOT / "data" / "raw", settings.tables)
    return settings, evidence


def test_a_distance_is_what_rounding_leaves():
    # 0.70 is anything from 0.695 to 0.705; the curve says 0.60 with a standard error of 0.1.
    assert gap(parse_number("0.70"), 0.60, 0.1) == pytest.approx(math.log(0.695 / 0.60) / 0.1)
    assert gap(parse_number("0.60"), 0.603, 0.1) == 0.0
    assert gap(parse_number("0.5"), 0.60, 0.1) == pytest.approx(math.log(0.60 / 0.55) / 0.1)
    assert gap(parse_number("0"), 0.60, 0.1) is None


def test_a_median_is_compared_in_months_within_rounding():
    assert median_gap(parse_number("9"), 8.6) == 0.0
    assert median_gap(parse_number("9.0"), 12.0) == pytest.approx(math.log(12.0 / 9.05))
    assert median_gap(parse_number("1.0"), 12.0, unit=12.0) == 0.0
    assert median_gap(parse_number("0"), 12.0) is None


def test_the_shipped_contrasts(shipped):
    found = agreements(shipped[1])
    contrasts = {(a.trial_id, a.experimental_arm, a.control_arm, a.endpoint): a for a in found}
    assert len(contrasts) == 27
    assert {key for key, a in contrasts.items() if a.ph_p_value < 0.05} == NOT_PROPORTIONAL
    by_row = {a.row_id: a for a in found if a.row_id}
    far = {"altto.os.t01", "altto.os.t02", "cleopatra.pfs.t01", "neoaltto.os.t02", "th3resa.os.t01"}
    assert {row for row, a in by_row.items() if a.verdict == FAR} == far
    others = {row: a.verdict for row, a in by_row.items() if row not in far}
    # Its hazard ratio agrees; medians are printed 14.95 and 14.49, the curve's 20.5 and 17.2.
    assert others.pop("bolero-1.pfs.t01") == MEDIANS
    assert set(others.values()) == {NEAR}
    assert by_row["ma31.pfs.t01"].same_report == "yes"
    assert by_row["ma31.pfs.t01"].trial == "NCIC CTG MA.31"
    assert by_row["cleopatra.pfs.t01"].same_report == "no"
    # Printed 9.0 and 11.3 months; the curve gives 8.92 and 11.4.
    assert by_row["ma31.pfs.t01"].median_experimental == 9.0
    assert by_row["ma31.pfs.t01"].curve_median_control == pytest.approx(11.4, abs=0.1)
    alone = {(a.trial_id, a.endpoint): a for a in found if not a.row_id}
    assert {a.verdict for a in alone.values()} == {NONE_PRINTED}
    assert set(alone) == {("altto", "OS"), ("lux-breast1", "OS"), ("ma31", "OS")}
    assert [row["row_id"] for row in as_rows(found)] == [a.row_id for a in found]


def test_every_hazard_ratio_of_a_curve_that_is_not_proportional_is_flagged(shipped):
    settings, evidence = shipped
    library = Library(evidence, derive_effects(evidence), settings.taxonomy, {})
    names = ("trial_id", "experimental_arm", "control_arm", "endpoint")
    flagged = 0
    for row in evidence.rows("time_to_event"):
        if row["biomarker"] or not row["estimate"]:
            continue
        key = tuple(row[name] for name in names)
        flags = library.proportional_flag(row)
        assert bool(flags) == (key in NOT_PROPORTIONAL)
        flagged += bool(flags)
    # One row each of ALTTO and BOLERO-3, two each of CLEOPATRA, MARIANNE and NOAH, five of ExteNET.
    assert flagged == 1 + 1 + 2 + 2 + 2 + 5
