"""The ladder through the tables: what a row of the data yields, and which row a trial gives."""

import json

import pytest

from trialpool.effects.derive import derive_effects
from trialpool.effects.rungs import INTERVAL, RECONSTRUCTED
from trialpool.evidence.reading import read_evidence
from trialpool.evidence.schemas import TABLES
from trialpool.evidence.tables import LINE, Evidence, RawTable
from trialpool.evidence.validation import check_contents


@pytest.fixture(scope="module")
def effects():
    evidence = read_evidence("data/raw")
    return {
        row["row_id"]: row for row in derive_effects(evidence) if row["table"] == "time_to_event"
    }


def test_lux_breast_1_enters_by_the_curve_of_its_own_article(effects):
    row = effects["lux-breast1.pfs.t01"]
    assert row["status"] == "effect"
    assert row["rung"] == RECONSTRUCTED
    assert "of PMID 26822398" in row["locator"]
    assert "standard error from a reconstructed curve" in row["flags"]
    rungs = json.loads(row["rungs"])
    assert [rung["number"] for rung in rungs] == [3, 5]
    assert "two-sided" in rungs[0]["reason"]
    # Lancet Oncol 2016;17:357: 1.10 (95 % CI 0.86 to 1.41), a standard error of 0.126.
    assert float(row["sei"]) == pytest.approx(0.126, rel=0.03)


def test_a_row_with_an_interval_keeps_it_whatever_else_it_allows(effects):
    for row in effects.values():
        rungs = json.loads(row["rungs"] or "[]")
        if rungs and rungs[0]["number"] == 1 and not rungs[0]["reason"]:
            assert row["rung"] == INTERVAL
            assert row["sei"] == rungs[0]["sei"]
            assert row["sei_lower"] <= row["sei"] <= row["sei_upper"]


def test_rung_3_opens_where_the_row_says_that_its_p_value_is_two_sided(effects):
    """Three rows say so and print an exact value; each has its interval, which agrees."""
    opened = {
        row_id: (row, rung)
        for row_id, row in effects.items()
        for rung in json.loads(row["rungs"] or "[]")
        if rung["number"] == 3 and not rung["reason"]
    }
    assert set(opened) == {"gbg26.ttp.t01", "monarcher.os.t02", "monarcher.os.t03"}
    for row, rung in opened.values():
        assert row["rung"] == INTERVAL
        assert rung["sei"] == pytest.approx(row["sei"], rel=0.05)


def test_a_rung_outside_the_configured_ladder_opens_no_row():
    evidence = read_evidence("data/raw")
    rows = {row["row_id"]: row for row in derive_effects(evidence, ladder=[1, 2])}
    assert rows["lux-breast1.pfs.t01"]["status"] == "estimate-only"
    assert "configuration" in rows["lux-breast1.pfs.t01"]["reason"]
    assert rows["cleopatra.os.t01"]["status"] == "effect"


def _evidence(**cells: str) -> Evidence:
    columns = [column.name for column in TABLES["time_to_event"].columns]
    row = dict.fromkeys([*columns, *cells], "") | {
        "row_id": "t.os.1",
        "trial_id": "t",
        "experimental_arm": "a",
        "control_arm": "b",
        "endpoint": "OS",
        "population": "ITT",
        "measure": "HR",
        "source_id": "s",
        "extraction": "single",
        **cells,
        LINE: 2,
    }
    source = dict.fromkeys([column.name for column in TABLES["sources"].columns], "") | {
        "source_id": "s",
        "kind": "article",
        LINE: 2,
    }
    return Evidence(
        {
            "time_to_event": RawTable(tuple(name for name in row if name != LINE), (row,)),
            "sources": RawTable(tuple(name for name in source if name != LINE), (source,)),
        }
    )


def test_optional_columns_give_an_effect_without_a_printed_ratio():
    """O − E and V alone, as meta-analyses of individual data print them."""
    (row,) = derive_effects(_evidence(o_minus_e="-12.0", variance="66.2"))
    assert row["status"] == "effect"
    assert row["yi"] == pytest.approx(-12.0 / 66.2, rel=1e-15)
    assert row["sei"] == pytest.approx(66.2**-0.5, rel=1e-15)
    assert row["inputs"] == '{"o_minus_e": "-12.0", "variance": "66.2"}'


def test_cells_of_optional_columns_are_checked_where_they_are():
    (finding,) = [
        finding
        for finding in check_contents(_evidence(o_minus_e="minus twelve", variance="66.2"))
        if finding.column == "o_minus_e"
    ]
    assert finding.level == "fatal"
    assert "plain decimal number" in finding.message
    assert not [
        finding
        for finding in check_contents(_evidence(o_minus_e="-12", variance="66.2"))
        if finding.column in ("o_minus_e", "variance")
    ]


def test_the_curve_of_bolero_3_agrees_with_the_interval_of_its_article(effects):
    """Lancet Oncol 2014;15:580: 0.78 (95 % CI 0.65 to 0.95)."""
    row = effects["bolero-3.pfs.t01"]
    assert row["rung"] == INTERVAL
    one, three, five = json.loads(row["rungs"])
    assert [one["number"], three["number"], five["number"]] == [1, 3, 5]
    assert five["sei"] == pytest.approx(one["sei"], rel=0.03)


def test_a_curve_of_another_report_of_the_contrast_gives_nothing(effects):
    """NOAH: the curve is of the report of 2014, which prints 0.66; 0.62 is of another one."""
    assert [rung["number"] for rung in json.loads(effects["noah.os.t01"]["rungs"])] == [1, 5]
    assert effects["noah.os.t02"]["status"] == "estimate-only"
