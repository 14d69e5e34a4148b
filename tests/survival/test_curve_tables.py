"""Curves as input: from data/raw/curves to rows of reconstructed_survival, with named faults."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from public_data import load

from trialpool.survival import read_raw
from trialpool.survival.hazards import compare_hazards, interval_hazard_ratios
from trialpool.survival.kaplan_meier import kaplan_meier, restricted_mean

TABLES = ["trials", "arms", "sources", "curve_arms", "curve_at_risk"]
TIME, EVENT, ARM = load()["gbsg2"]
MONTHS = TIME / 30.4375  # the trial reports days


def write(path: Path, rows: list[dict[str, object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture
def raw(tmp_path):
    """A folder with one trial of two arms, its curves and numbers at risk."""
    (tmp_path / "curves").mkdir()
    write(tmp_path / "trials.csv", [{"trial_id": "gbsg", "trial": "GBSG-2", "nct": "", "phase": "3",
          "design": "rct", "blinding": "open-label", "setting": "adjuvant", "line": "",
          "n_randomised": 686, "status": "reported", "notes": ""}])  # fmt: skip
    arms, totals, risk = [], [], []
    for arm_id, role, own in (("horm", "experimental", ARM), ("none", "control", ~ARM)):
        curve = kaplan_meier(TIME[own], EVENT[own])
        arms.append({"trial_id": "gbsg", "arm_id": arm_id, "label": arm_id, "agents": arm_id,
                     "role": role, "n": curve.n})  # fmt: skip
        totals.append({"trial_id": "gbsg", "arm_id": arm_id, "endpoint": "DFS", "n": curve.n,
                       "events": int(curve.events.sum()), "time_unit": "days",
                       "marked": "corners", "source_id": "s", "figure": "1"})  # fmt: skip
        ticks = np.arange(200, 2400, 200)
        risk += [{"trial_id": "gbsg", "arm_id": arm_id, "endpoint": "DFS", "time": int(t),
                  "at_risk": int(c)}
                 for t, c in zip(ticks, curve.number_at_risk(ticks), strict=True)]  # fmt: skip
        points = [(0, 1.0), *zip(curve.time.tolist(), curve.survival.tolist(), strict=True)]
        points.append((curve.last, curve.survival[-1]))
        rows = [{"time": t, "survival": f"{s:.5f}"} for t, s in points]
        write(tmp_path / "curves" / f"gbsg.{arm_id}.DFS.csv", rows)
    write(tmp_path / "arms.csv", arms)
    write(tmp_path / "curve_arms.csv", totals)
    write(tmp_path / "curve_at_risk.csv", risk)
    write(tmp_path / "sources.csv", [{"source_id": "s", "first_author": "Schumacher",
          "year": 1994, "journal": "J Clin Oncol", "title": "", "doi": "", "pmid": "7931478",
          "kind": "article"}])  # fmt: skip
    return tmp_path


def test_rows_like_those_of_the_table(raw):
    evidence, findings = read_raw(raw, TABLES)
    assert findings == []
    rows = evidence.rows("reconstructed_survival")
    assert [row["horizon_months"] for row in rows] == ["6", "12", "24", "36", "48", "60", "72"]
    year = rows[2]
    assert year["row_id"] == "gbsg.horm.none.dfs.24"
    assert (year["events_experimental"], year["events_control"]) == ("94", "205")
    assert year["pmid"] == "7931478"
    true = compare_hazards(MONTHS, EVENT, ARM)
    assert abs(np.log(float(year["hr"])) - true.log_hr) < 0.1 * true.se
    mean = restricted_mean(kaplan_meier(MONTHS[ARM], EVENT[ARM]), 24.0)
    assert float(year["rmst_experimental"]) == pytest.approx(mean.estimate, rel=0.01)
    assert float(year["rmst_experimental_se"]) == pytest.approx(mean.se, rel=0.05)


def test_rows_hold_the_intervals_and_how_well_the_curve_was_met(raw):
    evidence, _ = read_raw(raw, TABLES)
    rows = evidence.rows("reconstructed_survival")
    cuts = [float(row["horizon_months"]) for row in rows]
    true = interval_hazard_ratios(MONTHS, EVENT, ARM, cuts)
    for row, start, truth in zip(rows, [0.0, *cuts], true, strict=False):
        if min(truth.events_experimental, truth.events_control) >= 10:
            gap = float(row["interval_log_hr"]) - truth.log_hr
            assert abs(gap) < 0.2 * truth.se
            assert float(row["interval_log_hr_se"]) == pytest.approx(truth.se, rel=0.05)
        for side, own in (("experimental", ARM), ("control", ~ARM)):
            curve = kaplan_meier(MONTHS[own], EVENT[own])
            exposed, _ = curve.conditional(start, float(row["horizon_months"]))
            assert float(row[f"exposed_{side}"]) == pytest.approx(exposed, abs=4.0)
            assert row[f"at_risk_error_{side}"] == "0"
            assert float(row[f"curve_error_{side}"]) < 0.02
    assert isinstance(rows[0]["reconstruction_notes"], str)


def test_a_table_beside_the_curves_keeps_its_rows_and_gets_the_columns(raw):
    evidence, _ = read_raw(raw, TABLES)
    old = {k: v for k, v in evidence.rows("reconstructed_survival")[0].items() if k != "_line"}
    for name in ("exposed_experimental", "exposed_control", "interval_log_hr"):
        del old[name]
    write(raw / "reconstructed_survival.csv", [{**old, "row_id": "other.6", "endpoint": "OS"}])
    evidence, findings = read_raw(raw, [*TABLES, "reconstructed_survival"])
    assert findings == []
    first, *others = evidence.rows("reconstructed_survival")
    assert (first["row_id"], first["exposed_control"]) == ("other.6", "")
    assert all(row["exposed_control"] for row in others)


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("curves/gbsg.horm.DFS.csv", "time,survival\n0,1\n100,0.8\n300,0.95\n", "rises by 0.15"),
        ("curves/gbsg.horm.DFS.csv", "time,survival\n0,1.3\n100,0.8\n", "above 1"),
        ("curves/gbsg.horm.DFS.csv", "time,survival\n0,100\n100,80\n2500,50\n", "in percent"),
        ("curves/gbsg.horm.DFS.csv", "time,survival\n0,1\n", "at least two"),
        ("curves/gbsg.horm.DFS.csv", "time,survival\n0,1\n3,0.9\n82,0.6\n", "the curve ends at"),
        ("curves/gbsg.horm.DFS.csv", "t,s\n0,1\n", "must name time and survival"),
        ("curves/gbsg.horm.DFS.csv", "time,survival\n0,1\n5,x\n9,y\n", "line 4, column survival"),
        ("curves/gbsg.horm.DFS.csv", "", "must name time and survival"),
        ("curves/gbsg.horm.DFS.csv", "time,survival,time\n0,1,2\n", "each once"),
        ("curves/gbsg.horm.DFS.csv", "time,survival\n\n0,1\n3,0,9\n", "line 4: 3 cells"),
        ("curves/gbsg.horm.DFS.csv", 'time,survival\n0,"1\n3,0.9\n', "not well-formed CSV"),
        ("curves/gbsg.horm.DFS.csv", "time,survival\n" + "x,y\n" * 50, "and 95 more"),
        ("curves/gbsg.horm.DFS.csv", "time,survival\n0,1\n1," + "x" * 2_000_000, "line 3"),
    ],
)
def test_a_bad_curve_is_named(raw, file, content, message):
    (raw / file).write_text(content, encoding="utf-8")
    evidence, findings = read_raw(raw, TABLES)
    (finding,) = findings
    assert finding.level == "fatal"
    assert finding.row_id == "gbsg / horm / DFS"
    assert message in finding.message
    assert evidence.rows("reconstructed_survival") == ()


def test_other_faults_are_named_together(raw):
    change(raw / "curve_at_risk.csv", "gbsg,horm,DFS,600,", "gbsg,horm,DFS,600,9")
    (raw / "curves" / "gbsg.none.DFS.csv").unlink()
    _, findings = read_raw(raw, TABLES)
    assert {finding.rule for finding in findings} == {"curve-sound", "curve-exists"}
    assert any("never rise" in finding.message for finding in findings)


def test_a_contrast_that_the_table_holds_already_is_refused(raw):
    evidence, _ = read_raw(raw, TABLES)
    rows = [{k: v for k, v in row.items() if k != "_line"}
            for row in evidence.rows("reconstructed_survival")[:1]]  # fmt: skip
    write(raw / "reconstructed_survival.csv", rows)
    _, findings = read_raw(raw, [*TABLES, "reconstructed_survival"])
    assert [finding.rule for finding in findings] == ["curve-once"]


@pytest.mark.parametrize(
    ("column", "value", "rule", "message"),
    [
        ("n", "100000000000", "curve-sound", "at most 200000 patients"),
        ("n", "99999999", "curve-sound", "at most 200000 patients"),
        ("n", "4²", "curve-sound", "both are needed"),
        ("events", "9x", "curve-sound", "events='9x' is no number of events"),
        ("endpoint", "../../../secret", "curve-name", "not the name of a file"),
        ("endpoint", "x" * 5000, "curve-name", "not the name of a file"),
        ("endpoint", "DFS\x07", "curve-name", "not the name of a file"),
        ("endpoint", "OS", "curve-exists", "missing"),
    ],
)
def test_a_bad_cell_of_curve_arms_is_named(raw, column, value, rule, message):
    rows = list(csv.DictReader((raw / "curve_arms.csv").open(encoding="utf-8", newline="")))
    rows[0][column] = value
    write(raw / "curve_arms.csv", rows)
    evidence, findings = read_raw(raw, TABLES)
    (finding,) = findings
    assert (finding.level, finding.rule, finding.line) == ("fatal", rule, 2)
    assert message in finding.message
    assert len(finding.message + finding.remedy) < 300
    assert evidence.rows("reconstructed_survival") == ()


def test_a_curve_that_is_no_text_file_is_named(raw):
    curve = raw / "curves" / "gbsg.horm.DFS.csv"
    curve.write_bytes("time,survival\n0,1\n".encode("utf-16"))
    _, (finding,) = read_raw(raw, TABLES)
    assert finding.rule == "utf-8"
    curve.unlink()
    curve.mkdir()
    _, (finding,) = read_raw(raw, TABLES)
    assert finding.rule == "curve-readable"
