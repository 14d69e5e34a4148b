"""The level of an interval, read from another way to the same standard error."""

import pytest

from trialpool.audit.context import AuditContext
from trialpool.audit.ratios.ladder import rungs_disagree
from trialpool.effects.rungs import reconstructions_by_contrast, reconstructions_of, rungs_of
from trialpool.evidence.reading import read_evidence
from trialpool.evidence.tables import Evidence, RawTable


@pytest.fixture(scope="module")
def evidence():
    return read_evidence("data/raw")


def findings(evidence, **levels: str):
    """Judge the shipped rows, some with another level than theirs."""
    table = evidence.tables["time_to_event"]
    rows = tuple({**r, "ci_level": levels.get(r["row_id"], r["ci_level"])} for r in table.rows)
    changed = {**evidence.tables, "time_to_event": RawTable(table.columns, rows)}
    judged = list(rungs_disagree.judge(AuditContext(Evidence(changed), None)))
    return len(judged), {found.row_id: found.message for found in judged if found is not None}


def test_marianne_is_found_at_97_5_percent_and_no_other_level_is_doubted(evidence):
    """22 rows have two ways; CEREBEL's OS interval is a misprint that no level explains."""
    n, found = findings(evidence)
    assert n == 22
    assert set(found) == {"marianne.pfs.t01", "marianne.pfs.t02", "cerebel.os.t01"}
    for name in ("marianne.pfs.t01", "marianne.pfs.t02"):
        assert "its level is not printed, and it fits the other way at 97.5 %" in found[name]
    assert "level" not in found["cerebel.os.t01"]
    _, found = findings(evidence, **dict.fromkeys(("marianne.pfs.t01", "marianne.pfs.t02"), "97.5"))
    assert set(found) == {"cerebel.os.t01"}


def test_wrong_levels_are_found_and_the_right_one_is_named(evidence):
    """Of 18 rows whose level is printed and whose curve is of the printed analysis, 54 slips."""
    rows = evidence.rows("time_to_event")
    curves = reconstructions_of(
        rows,
        reconstructions_by_contrast(evidence.rows("reconstructed_survival")),
        {row["source_id"]: row["pmid"] for row in evidence.rows("sources")},
    )
    two = [
        (row["row_id"], float(row["ci_level"]))
        for row, curve in zip(rows, curves, strict=True)
        if row["ci_level"]
        and sum(rung.is_usable for rung in rungs_of(row, curve)) > 1
        and row["row_id"] not in ("cerebel.os.t01", "bolero-1.pfs.t01")
    ]
    assert len(two) == 18
    slips = named = 0
    for wrong in (90.0, 95.0, 97.5, 99.0):
        changed = {row_id: own for row_id, own in two if own != wrong}
        _, found = findings(evidence, **dict.fromkeys(changed, f"{wrong:g}"))
        slips += len(changed)
        named += sum(f"at {own:g} %" in found.get(row_id, "") for row_id, own in changed.items())
    assert slips == 54
    assert named >= 40


def test_a_curve_of_another_analysis_tells_no_level(evidence):
    """BOLERO-1: medians of 20.5 and 17.2 months on the curve, 14.95 and 14.49 printed."""
    _, found = findings(evidence, **{"bolero-1.pfs.t01": "97.5"})
    assert "level" not in found["bolero-1.pfs.t01"]
