"""From a drawn curve to the report: digitise, put beside the raw tables, build step by step."""

import contextlib
import csv
import json
import math
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from trialpool.cli.main import app
from trialpool.reviews import example
from trialpool.survival.digitised.svg import svg_paths
from trialpool.survival.hazards import compare_hazards
from trialpool.survival.kaplan_meier import kaplan_meier, restricted_mean

pytestmark = pytest.mark.pipeline
HEART_FAILURE = example("heart-failure")
RUN = CliRunner()
HORIZON = 12.0
TICKS = range(6, 24, 6)
# Two made-up trials of one comparison: patients per arm, and monthly hazards to and from month 9.
TRIALS = {
    "dapa-hf": (240, (0.03, 0.05), (0.06, 0.05)),
    "emperor-reduced": (180, (0.04, 0.05), (0.06, 0.06)),
}
ARMS = {"dapa-hf": ("dapa", "placebo"), "emperor-reduced": ("empa", "placebo")}
QUESTION = """
months:
  title: Months free of cardiovascular death
  question: How many months free of cardiovascular death do SGLT2 inhibitors gain in a year?
  kind: mean_time
  shard: curves
  endpoints: [CVD]
  horizon_months: 12
  trials: {design: [rct]}
  contrasts: [strategy]
  groups: strategy
  multiarm: choose
  overall: null
  overall_reason: One group only.
"""
Data = dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]


def call(*arguments: object) -> str:
    done = RUN.invoke(app, [str(argument) for argument in arguments])
    assert done.exit_code == 0, done.output
    return done.stdout


def simulated() -> Data:
    """Individual data: time, event, experimental; followed for 18 to 30 months."""
    rng = np.random.default_rng(20261126)
    found: Data = {}
    for trial, (n, *hazards) in TRIALS.items():
        times = []
        for early, late in hazards:
            clock = rng.exponential(size=n)
            times.append(np.where(clock < 9 * early, clock / early, 9 + (clock - 9 * early) / late))
        time, censored = np.concatenate(times), rng.uniform(18, 30, 2 * n)
        experimental = np.repeat([True, False], n)
        found[trial] = np.minimum(time, censored), time <= censored, experimental
    return found


def write(path: Path, rows: list[dict[str, object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def digitised(folder: Path, raw: Path, trial: str, data: tuple[np.ndarray, ...]) -> None:
    """Draw both arms with `survival`, and read each line back with `digitise`."""
    patients, figure = folder / f"{trial}.csv", folder / f"{trial}.svg"
    time, event, experimental = data
    names = np.where(experimental, *ARMS[trial])
    rows = zip(time.tolist(), event.tolist(), names.tolist(), strict=True)
    write(patients, [{"time": t, "event": int(e), "arm": a} for t, e, a in rows])
    call("survival", patients, "--experimental", ARMS[trial][0], "--figure", figure)
    paths = svg_paths(figure.read_text(encoding="utf-8"))
    # The frame is the first line with three corners: (0, 1), (0, 0), (last time, 0).
    frame = next(path for path in paths if path.x.size == 3)
    last = time.max()
    places = ["--x", f"{frame.x[1]}=0", "--x", f"{frame.x[2]}={last}"]
    places += ["--y", f"{frame.y[1]}=0", "--y", f"{frame.y[0]}=1"]
    lines = [path.name for path in paths if path.is_step and path.x.size > 20]
    for arm, line in zip(ARMS[trial], lines, strict=True):
        points = raw / "curves" / f"{trial}.{arm}.CVD.csv"
        call("digitise", figure, "--curve", line, *places, "--output", points)


def beside_the_curves(raw: Path, data: Data) -> None:
    """Write totals and numbers at risk of every arm."""
    arms: list[dict[str, object]] = []
    risk: list[dict[str, object]] = []
    for trial, (time, event, experimental) in data.items():
        for arm, own in zip(ARMS[trial], (experimental, ~experimental), strict=True):
            key = {"trial_id": trial, "arm_id": arm, "endpoint": "CVD"}
            source = {"dapa-hf": "mcmurray2019", "emperor-reduced": "packer2020"}[trial]
            totals = {"n": int(own.sum()), "events": int(event[own].sum()), "time_unit": "months"}
            arms.append({**key, **totals, "marked": "corners", "source_id": source, "figure": "1"})
            counts = kaplan_meier(time[own], event[own]).number_at_risk(list(TICKS))
            risk += [
                {**key, "time": t, "at_risk": int(n)} for t, n in zip(TICKS, counts, strict=True)
            ]
    write(raw / "curve_arms.csv", arms)
    write(raw / "curve_at_risk.csv", risk)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Data]:
    """The small review with curves of two trials, built by the steps of the pipeline."""
    review, drawn = tmp_path_factory.mktemp("curves") / "review", tmp_path_factory.mktemp("drawn")
    shutil.copytree(HEART_FAILURE, review, ignore=shutil.ignore_patterns("results", ".snakemake"))
    raw, data = review / "data/raw", simulated()
    (raw / "curves").mkdir()
    for trial, one in data.items():
        digitised(drawn, raw, trial, one)
    beside_the_curves(raw, data)
    config = review / "config/config.yaml"
    text = config.read_text(encoding="utf-8")
    tables = "tables: [trials, arms, sources, time_to_event"
    assert tables in text
    config.write_text(text.replace(tables, f"{tables}, curve_arms, curve_at_risk"), "utf-8")
    questions = review / "config/questions.yaml"
    questions.write_text(questions.read_text(encoding="utf-8") + QUESTION, "utf-8")
    results, before = review / "results", Path.cwd()
    os.chdir(review)
    try:
        effects, audit = results / "staging/effects.csv", results / "audit.csv"
        call("step", "effects", "--output", effects)
        call("step", "audit", "--output", audit, "--rules", results / "rules.csv")
        call("step", "gate", audit, "--output", results / "staging/gate.json")
        call("step", "select", "--effects", effects, "--findings", audit)
        question = results / "questions/months"
        call("step", "pool", question)
        call("step", "figures", question)
        page = ["--findings", audit, "--rules", results / "rules.csv"]
        page += ["--effects", results / "effects.csv", "--curves", results / "curves.csv"]
        call("step", "verify", question, "--output", results / "verification.csv")
        page += ["--verification", results / "verification.csv"]
        call("step", "report", question, *page, "--output", results / "report")
    finally:
        os.chdir(before)
    return review, data


def record_of(review: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        (review / "results/questions/months/result.json").read_text(encoding="utf-8")
    )
    return found


def test_months_gained_are_those_of_the_patients(built: tuple[Path, Data]) -> None:
    review, data = built
    record = record_of(review)
    assert [trial["trial_id"] for trial in record["trials"]] == list(TRIALS)
    gained, variances = [], []
    for trial in record["trials"]:
        time, event, own = data[trial["trial_id"]]
        means = [restricted_mean(kaplan_meier(time[a], event[a]), HORIZON) for a in (own, ~own)]
        gained.append(means[0].estimate - means[1].estimate)
        variances.append(means[0].se ** 2 + means[1].se ** 2)
        # A mean of either arm is right within 1 %, as docs/explanation/survival.md says.
        apart = 0.01 * math.hypot(means[0].estimate, means[1].estimate)
        assert trial["estimate"] == pytest.approx(gained[-1], abs=apart)
        assert trial["se"] == pytest.approx(math.sqrt(variances[-1]), rel=0.02)
    weights = 1 / np.array(variances)
    (group,) = record["groups"]
    common = group["models"]["common-effect"]
    assert common["estimate"] == pytest.approx(float(weights @ gained / weights.sum()), abs=0.1)
    assert common["se"] == pytest.approx(float(weights.sum() ** -0.5), rel=0.02)


def test_the_course_stands_on_the_individual_data(built: tuple[Path, Data]) -> None:
    review, data = built
    (course,) = record_of(review)["curves"]
    assert course["data"] == "individual"
    for ratio in course["whole"]["trials"]:
        name = {"DAPA-HF": "dapa-hf", "EMPEROR-Reduced": "emperor-reduced"}[ratio["trial"]]
        true = compare_hazards(*data[name])
        assert abs(ratio["estimate"] - true.log_hr) < 0.25 * true.se
        assert ratio["se"] == pytest.approx(true.se, rel=0.05)


def test_curves_are_estimated_twice(built: tuple[Path, Data]) -> None:
    review, _ = built
    with (review / "results/verification.csv").open(encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if row["second"] and not row["k"]]
    # Two trials of two arms at three landmarks, and two Cox models; each with a standard error.
    assert len([row for row in rows if "Kaplan-Meier" in row["model"]]) == 24
    assert len([row for row in rows if row["model"].endswith("Cox")]) == 4
    assert {row["verdict"] for row in rows} == {"agrees"}
    page = (review / "results/report/methods.html").read_text(encoding="utf-8")
    assert "28 numbers of reconstructed survival curves were computed twice" in page


def test_figures_report_and_table_of_curves_are_there(built: tuple[Path, Data]) -> None:
    review, _ = built
    question = review / "results/questions/months"
    for name in ("forest", "curves"):
        for suffix in ("svg", "pdf", "png", "csv"):
            assert (question / f"{name}.{suffix}").stat().st_size > 0
    page = (review / "results/report/questions/months.html").read_text(encoding="utf-8")
    assert "Months free of cardiovascular death" in page
    methods = (review / "results/report/methods.html").read_text(encoding="utf-8")
    assert "individual data reconstructed from the curves" in page + methods
    with (review / "results/curves.csv").open(encoding="utf-8") as stream:
        listed = list(csv.DictReader(stream))
    assert {row["trial_id"] for row in listed} == set(TRIALS)
    # The printed hazard ratios are of the real trials, the curves are made up: the audit says so.
    audit = (review / "results/audit.csv").read_text(encoding="utf-8")
    assert "hr-against-curve" in audit


def test_a_curve_against_its_numbers_at_risk_stops_the_build(
    built: tuple[Path, Data], tmp_path: Path
) -> None:
    review, _ = built
    broken = tmp_path / "review"
    shutil.copytree(review, broken)
    file = broken / "data/raw/curve_at_risk.csv"
    lines = file.read_text(encoding="utf-8").splitlines()
    trial, arm, endpoint, time, _ = lines[2].split(",")
    lines[1:3] = [f"{trial},{arm},{endpoint},{t},240" for t in (6, time)]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with contextlib.chdir(broken):
        done = RUN.invoke(app, ["audit", "data/raw"])
    assert done.exit_code == 1
    assert "at_risk: 240 at" in " ".join(done.stdout.split())
