"""Odds ratios of the levels of a marker, from printed counts, rates and shares."""

import math

import pytest

from trialpool.effects.derive import derive_effects
from trialpool.effects.levels import odds_of_levels
from trialpool.evidence.reading import read_evidence

GEPAR = {
    "measure": "OR",
    "estimate": "0.49",
    "value_a": "19.4",
    "value_b": "32.8",
    "n_total": "504",
    "share_a": "21.4",
}


@pytest.fixture(scope="module")
def effects():
    rows = derive_effects(read_evidence("data/raw"), responses={"pCR", "ORR", "CBR"})
    return {row["row_id"]: row for row in rows if row["table"] == "biomarker_contrasts"}


def test_a_share_of_all_gives_the_patients_of_both_levels():
    """J Clin Oncol 2014;32:3212: 504 patients, 21.4 % mutated, pCR 19.4 v 32.8 %; OR 0.49, p .008.

    21.4 % is 108 of 504 alone, 19.4 % 21 of these, 32.8 % 130 of the other 396.
    """
    found = odds_of_levels(GEPAR)
    assert found.effect.yi == pytest.approx(math.log(21 * 266 / (87 * 130)), rel=1e-12)
    assert found.effect.sei == pytest.approx(math.sqrt(1 / 21 + 1 / 87 + 1 / 130 + 1 / 266))
    z = abs(found.effect.yi) / found.effect.sei
    assert math.erfc(z / math.sqrt(2)) == pytest.approx(0.008, abs=5e-4)
    assert found.flags[0] == "patients of the levels from a share: 21.4 % of 504"


@pytest.mark.parametrize(
    "cells",
    [
        {"share_a": ""},
        {"n_total": ""},
        {"share_a": "21"},  # 104 to 108 patients
        {"share_a": "21.45"},  # no whole number of 504
        {"estimate": "0.60"},  # not the odds ratio of these counts: adjusted, or misprinted
        {"n_a": "504"},  # patients of all levels, as the tables sometimes have it
        {"value_a": "19.5"},  # no whole number of 108
    ],
)
def test_counts_that_do_not_hold_together_give_nothing(cells):
    assert odds_of_levels({**GEPAR, **cells}) is None


def test_printed_counts_come_first(effects):
    """NSABP B-41: 120 of 197 and 19 of 74."""
    row = effects["nsabp-b41.pcr.b01"]
    assert (row["status"], row["measure"], row["flags"]) == ("effect", "OR", "")
    assert float(row["yi"]) == pytest.approx(math.log(120 * 55 / (77 * 19)), rel=1e-12)


def test_rates_over_time_are_no_counts(effects):
    assert effects["persist.idfs.b01"]["status"] == "none"
    assert effects["destiny-breast01.pfs.b01"]["status"] == "none"


def test_rates_of_the_data_with_counts_or_a_share(effects):
    counted = {name for name, row in effects.items() if row["rung"] == "counts of two levels"}
    assert counted == {
        "cher-lob.pcr.b01",
        "cher-lob.pcr.b02",
        "cher-lob.pcr.b03",
        "gepar-pik3ca.pcr.b01",
        "lapatinib-eap-wang.cbr.b01",
        "lapatinib-eap-wang.orr.b01",
        "nsabp-b41.pcr.b01",
        "pamela.pcr.b01",
        "tbcrc006.pcr.b02",
    }
