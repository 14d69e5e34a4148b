"""Fuzzed curves and their tables: a named fault or the curve that was read, nothing lost."""

from __future__ import annotations

import csv
import io
import math
import re
import shutil

import pytest
from fuzz_checks import findings_are_whole, garbage_is_named, nothing_is_lost
from fuzzing import Mutant, mutate
from intake_tables import build, numeric_columns

from trialpool.audit.run import audit
from trialpool.intake.check import NewFile, check_rows
from trialpool.survival import read_raw

pytestmark = pytest.mark.fuzz

FEW, MANY = 60, 1000
ARMS, AT_RISK, CURVE = "curve_arms", "curve_at_risk", "curves/dapa-hf.dapa.OS"
FUZZED = (ARMS, AT_RISK, CURVE)
NAMES = ["trials", "arms", "sources", ARMS, AT_RISK]
NUMERIC = {
    ARMS: numeric_columns(ARMS),
    AT_RISK: numeric_columns(AT_RISK),
    CURVE: ("time", "survival"),
}
HORIZONS = (6.0, 12.0, 24.0)


def points(hazard: float) -> str:
    lines = [f"{t},{math.exp(-hazard * t):.4f}" for t in range(0, 31, 2)]
    return "\n".join(("time,survival", *lines, ""))


@pytest.fixture(scope="module")
def review(tmp_path_factory):
    """A small review whose only curves are those of two arms, with an invented course."""
    raw, settings, _ = build(tmp_path_factory.mktemp("curves") / "review")
    arms = [f"dapa-hf,{arm},OS,{n},,months,line,mcmurray2019,2" for arm, n in SIZES.items()]
    at_risk = [
        f"dapa-hf,{arm},OS,{t},{round(n * math.exp(-(HAZARDS[arm] + 0.01) * t))}"
        for arm, n in SIZES.items()
        for t in (10, 20)
    ]
    texts = {
        ARMS: "trial_id,arm_id,endpoint,n,events,time_unit,marked,source_id,figure\n"
        + "\n".join((*arms, "")),
        AT_RISK: "trial_id,arm_id,endpoint,time,at_risk\n" + "\n".join((*at_risk, "")),
        CURVE: points(HAZARDS["dapa"]),
    }
    (raw / "curves").mkdir()
    for name, text in texts.items():
        (raw / f"{name}.csv").write_text(text, encoding="utf-8")
    (raw / "curves" / "dapa-hf.placebo.OS.csv").write_text(points(HAZARDS["placebo"]), "utf-8")
    return raw, settings, texts


SIZES = {"dapa": 120, "placebo": 118}
HAZARDS = {"dapa": 0.01, "placebo": 0.02}


def check(number: int, review) -> str:
    """Audit one mutant; return the gravest level that was found."""
    raw, settings, texts = review
    name = FUZZED[number % len(FUZZED)]
    mutant = mutate(texts[name], number, name, NUMERIC[name])
    path = raw / f"{name}.csv"
    path.write_bytes(mutant.raw)
    try:
        findings = audit(raw, NAMES, settings, [])
        evidence, _ = read_raw(raw, NAMES)
    finally:
        path.write_text(texts[name], encoding="utf-8")
    findings_are_whole(findings)
    grave = [finding for finding in findings if finding.level == "fatal"]
    if name == CURVE:
        _curve_is_read_or_refused(mutant, evidence, grave)
    else:
        ours = [finding for finding in findings if finding.file == path.name]
        nothing_is_lost(mutant, name, evidence, ours, [])
        garbage_is_named(mutant, name, evidence, ours)
    # A contrast that is not reconstructed is one that a fatal finding tells of.
    rows = evidence.rows("reconstructed_survival")
    assert rows or grave, mutant
    for row in rows:
        for column, cell in row.items():
            assert "nan" not in str(cell) and "inf" not in str(cell).lower(), (column, mutant)  # noqa: PT018
    return "fatal" if grave else "found" if findings else "clean"


def _curve_is_read_or_refused(mutant: Mutant, evidence, grave) -> None:
    """The survival of the rows is that of the points around, or the arm's curve is refused."""
    refused = [f for f in grave if f.row_id == "dapa-hf / dapa / OS"]
    rows = evidence.rows("reconstructed_survival")
    assert bool(rows) != bool(refused), mutant
    if refused:
        assert all(len(str(finding)) < 3000 for finding in refused)
        return
    reader = csv.DictReader(io.StringIO(mutant.raw.decode("utf-8-sig"), newline=""))
    reader.fieldnames = [name.strip() for name in reader.fieldnames or []]
    cells = [(row["time"], row["survival"]) for row in reader if any(filter(None, row.values()))]
    assert all(re.fullmatch(r"\s*[+-]?[\d.]+(e\d+)?\s*", cell) for pair in cells for cell in pair)
    read = sorted((float(t), float(s)) for t, s in cells)
    for row in rows:
        horizon = float(row["horizon_months"])
        before = [s for t, s in read if t <= horizon - 4]
        after = [s for t, s in read if t >= horizon + 4] or [min(s for _, s in read)]
        survival = float(row["survival_experimental"])
        assert min(after) - 0.06 <= survival <= max(before, default=1.0) + 0.06, (mutant, row)


def test_the_curves_themselves_are_sound(review):
    raw, settings, _ = review
    evidence, findings = read_raw(raw, NAMES)
    assert findings == []
    assert [f for f in audit(raw, NAMES, settings, []) if f.level == "fatal"] == []
    rows = evidence.rows("reconstructed_survival")
    assert tuple(float(row["horizon_months"]) for row in rows) == HORIZONS
    for row, horizon in zip(rows, HORIZONS, strict=True):
        for side, arm in (("experimental", "dapa"), ("control", "placebo")):
            true = math.exp(-HAZARDS[arm] * horizon)
            assert float(row[f"survival_{side}"]) == pytest.approx(true, abs=0.025)


@pytest.mark.parametrize(("curve", "rules"), [(None, {"curve-exists"}), ("bad", {"curve-sound"}),
                                              ("good", set())])  # fmt: skip
def test_new_rows_of_curves_are_checked_with_their_curve(review, tmp_path, curve, rules):
    """`check-row` reads the points of a new curve where they will stand."""
    raw, settings, texts = review
    copy = tmp_path / "raw"
    shutil.copytree(raw, copy)
    lines = texts[ARMS].splitlines()
    (copy / "curve_arms.csv").write_text("\n".join([*lines[:2], ""]), encoding="utf-8")
    (copy / "curve_at_risk.csv").write_text(
        "\n".join([line for line in texts[AT_RISK].splitlines() if "placebo" not in line] + [""]),
        encoding="utf-8",
    )
    points_file = copy / "curves" / "dapa-hf.placebo.OS.csv"
    if curve is None:
        points_file.unlink()
    elif curve == "bad":
        points_file.write_text("time,survival\n0,1\n9,1.7\n", encoding="utf-8")
    new = NewFile("curve_arms.csv", "\n".join([lines[0], lines[2], ""]).encode(), ARMS)
    checked = check_rows([new], copy, NAMES, settings)
    assert checked.rows == {ARMS: 1}
    assert checked.standing == 0
    assert {f.rule for f in checked.findings if f.level == "fatal"} == rules
    assert checked.is_fatal is bool(rules)
    assert all(f.line == 2 for f in checked.findings if f.level == "fatal")


def test_fuzzed_curves(review):
    levels = [check(number, review) for number in range(FEW)]
    assert levels.count("fatal") > FEW // 3
    assert levels.count("fatal") < FEW


@pytest.mark.slow
def test_a_thousand_fuzzed_curves(review):
    levels = [check(number, review) for number in range(MANY)]
    assert 0 < levels.count("fatal") < MANY
