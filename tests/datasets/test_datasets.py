"""Public data sets: where they come from, and that they give the numbers that were published."""

from __future__ import annotations

import csv
import math
import tomllib
from pathlib import Path

import pytest

import trialpool as tp

ROOT = Path(__file__).resolve().parents[2]
NAMES = tp.datasets.names()


@pytest.mark.parametrize("name", NAMES)
def test_a_set_says_what_it_is(name):
    frame = tp.datasets.load(name)
    told = frame.attrs
    assert list(frame.columns) == list(told["columns"])
    assert all(told[key] for key in ("title", "source", "licence", "measure"))
    assert len(frame) > 5
    assert not frame.isna().any(axis=None)
    numbers = [column for column in frame if column not in frame.select_dtypes("number")]
    assert "study" in frame
    assert set(numbers) <= {
        *("study", "authors", "country", "design", "treatment", "allocation", "controls"),
        *("comparison", "source"),
    }


def test_names_and_files_are_the_same():
    folder = ROOT / "workflow" / "trialpool" / "datasets"
    assert {path.stem for path in folder.glob("*.csv")} == set(NAMES)
    assert len(NAMES) == 12
    with pytest.raises(ValueError, match="name='bgc' is not known; there are: bcg"):
        tp.datasets.load("bgc")


def test_vaccine_trials_give_the_published_ratio():
    """Risk ratio 0.49 (0.34 to 0.70) by DerSimonian and Laird: Colditz et al. 1994."""
    pooled = tp.pool(tp.effect_sizes(tp.datasets.load("bcg")), tau2="DL", ci="wald")
    ratios = [math.exp(x) for x in (pooled.estimate, pooled.ci_lower, pooled.ci_upper)]
    assert ratios == pytest.approx([0.49, 0.34, 0.70], abs=0.005)
    assert pooled.k == 13


def test_districts_give_the_published_model():
    """Three levels by REML: metafor 3.8 rma.mv(yi, vi, random = ~ 1 | district/study)."""
    effects = tp.effect_sizes(tp.datasets.load("school_calendar"), measure="generic")
    found = tp.dependent_effects(effects, cluster="district", ci="wald")
    assert found.coefficients[0].estimate == pytest.approx(0.1847132, abs=1e-6)
    assert found.coefficients[0].se == pytest.approx(0.08455592, abs=1e-6)
    assert [one.variance for one in found.components] == pytest.approx(
        [0.06506194, 0.03273652], abs=1e-6
    )


def test_networks_load_as_their_arguments():
    frame = tp.datasets.load("smoking_cessation")
    found = tp.network(
        study=[str(x) for x in frame["study"]],
        treatment=list(frame["treatment"]),
        events=list(frame["events"]),
        n=list(frame["n"]),
        measure="OR",
        reference="no_contact",
    )
    assert found.k == 24
    assert set(found.treatments) == set(frame["treatment"])


def test_own_trials_are_rows_of_the_review():
    """Every hazard ratio of the extract stands in the raw table with its limits."""
    with (ROOT / "data/raw/time_to_event.csv").open(encoding="utf-8", newline="") as file:
        rows = {(r["estimate"], r["ci_lower"], r["ci_upper"]) for r in csv.DictReader(file)}
    numbers = {tuple(float(x) for x in row) for row in rows if all(row)}
    frame = tp.datasets.load("her2_later_line")
    own = set(frame[["hr", "ci_lower", "ci_upper"]].itertuples(index=False, name=None))
    assert own <= numbers


def test_the_wheel_takes_data_and_types_along():
    """Nothing of the package is left out of the wheel, so type checkers read its types."""
    assert (ROOT / "workflow" / "trialpool" / "py.typed").read_text() == ""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = settings["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert wheel["packages"] == ["workflow/trialpool"]
    assert not {"exclude", "only-include"} & set(wheel)
