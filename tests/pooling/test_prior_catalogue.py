"""The catalogue of published priors of tau against the tables of the papers."""

import csv
import math
from pathlib import Path

import pytest
from each_case import each_case

from trialpool.pooling import bayesian_random_effects
from trialpool.pooling.bayes.catalogue import catalogue, check_prior

REFERENCE = Path(__file__).resolve().parents[1] / "reference"
# Outcome or comparison of the tables and its part of a name.
COMPARISONS = {
    "pharmacological vs. placebo / control": "pharm-placebo",
    "pharmacological vs. pharmacological": "pharm",
    "non-pharmacological vs. placebo / control": "nonpharm-placebo",
    "non-pharmacological vs. pharmacological": "nonpharm-pharm",
    "non-pharmacological vs. non-pharmacological": "nonpharm",
    "non-pharmacological (any)": "nonpharm",
}
# Inverse gamma (shape, scale) and half-normal (scale) of tau as printed by Bartoš et al. 2023.
BARTOS = {
    "bartos2023-hr": (2.42, 0.30),
    "bartos2023-or": (1.77, 0.55),
    "bartos2023-or-breast": (1.59, 0.48),
    "bartos2023-rr": (1.51, 0.23),
    "bartos2023-rr-breast": (1.49, 0.24),
    "bartos2023-rd": (0.099,),
    "bartos2023-rd-breast": (0.118,),
}


def table(name):
    with (REFERENCE / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_time_to_event_and_binary_outcomes_of_bartos():
    found = {name: entry for name, entry in catalogue().items() if name.startswith("bartos")}
    assert {name: tuple(e.prior.parameters.values()) for name, e in found.items()} == BARTOS
    assert {name for name, e in found.items() if e.prior.family == "half-normal"} == {
        "bartos2023-rd",
        "bartos2023-rd-breast",
    }


def test_every_cell_of_turner_is_halved_to_log_tau():
    """The paper prints a normal distribution of log tau²."""
    found = {n: e for n, e in catalogue().items() if n.startswith("turner2015")}
    rows = table("turner2015_priors.csv")
    assert len(found) == len(rows) == 81
    by_words = {e.about: e for e in found.values()}
    for row in rows:
        words = f"{row['outcome']}; {row['comparison']}"
        entry = by_words[words if row["outcome"] != "any" else "any outcome, any comparison"]
        assert entry.prior.family == "log-normal"
        expected = [float(row["mean_log_tau2"]) / 2, float(row["sd_log_tau2"]) / 2]
        assert list(entry.prior.parameters.values()) == pytest.approx(expected, abs=1e-12)
        assert entry.name.endswith(COMPARISONS.get(row["comparison"], "any"))
        assert not entry.left_out
    composite = check_prior("turner2015-composite-pharm").prior
    assert composite.text == "log-normal:-1.975:0.895"
    assert found["turner2015-mortality-pharm-placebo"].prior.text == "log-normal:-1.975:0.67"
    assert found["turner2015-any"].prior.text == "log-normal:-1.28:0.87"


def test_every_cell_of_rhodes_is_halved_and_two_are_left_out():
    found = {n: e for n, e in catalogue().items() if n.startswith("rhodes2015")}
    rows = table("rhodes2015_priors.csv")
    assert len(found) == len(rows) == 73
    by_words = {e.about: e for e in found.values()}
    for row in rows:
        words = f"{row['area']}; {row['outcome']}; {row['comparison']}"
        if row["area"] == "any":
            words = "any outcome, any comparison, any area"
        entry = by_words[words]
        expected = [5, float(row["location_log_tau2"]) / 2, float(row["scale_log_tau2"]) / 2]
        assert list(entry.prior.parameters.values()) == pytest.approx(expected, abs=1e-12)
        assert bool(entry.left_out) == bool(row["suspect"])
    assert {name for name, entry in found.items() if entry.left_out} == {
        "rhodes2015-other-mental-health-nonpharm",
        "rhodes2015-cancer-structure-pharm-placebo",
    }
    message = "left out of the catalogue: the location -3.85 breaks .* gives -2.85"
    with pytest.raises(ValueError, match=message):
        check_prior("rhodes2015-other-mental-health-nonpharm")


def test_the_two_left_out_break_the_sum_of_area_outcome_and_comparison():
    """Locations of the table are sums to 0.02; in its other cells the difference between two
    comparisons is one number whatever the area and the outcome."""
    cells = {
        name.removeprefix("rhodes2015-"): entry
        for name, entry in catalogue().items()
        if name.startswith("rhodes2015-") and name != "rhodes2015-any"
    }
    odd = {}
    for name, entry in cells.items():
        if not name.endswith("-pharm"):
            continue
        stem = name.removesuffix("-pharm")
        for other, usual in (("pharm-placebo", 0.275), ("nonpharm", 0.415)):
            cell = cells[f"{stem}-{other}"]
            step = 2 * (cell.prior.mean - entry.prior.mean)
            if abs(step - usual) > 0.02:
                odd[cell.name] = step
    assert set(odd) == {entry.name for entry in cells.values() if entry.left_out}


@each_case(("name", "entry"), catalogue().items())
def test_entries_say_where_they_are_from_and_give_a_posterior(name, entry):
    assert entry.source[-1].isdigit()
    assert entry.about
    assert entry.measure in ("HR", "OR", "RR", "RD", "SMD")
    if entry.left_out:
        return
    pooled = bayesian_random_effects([-0.4, -0.2], [0.0125, 0.021], prior=name)
    assert pooled.prior == name
    assert pooled.ci_lower < pooled.estimate < pooled.ci_upper


@pytest.mark.parametrize(
    ("name", "median"),
    [("bartos2023-hr", 0.14), ("turner2015-composite-pharm", 0.14), ("bartos2023-or-breast", 0.38)],
)
def test_medians_of_tau_that_the_methods_name(name, median):
    """With one trial tau keeps its prior."""
    tau = bayesian_random_effects([0.0], [0.04], prior=name).tau.median
    assert round(tau, 2) == median
    if name.startswith("turner"):
        assert tau == pytest.approx(math.exp(-1.975), rel=1e-9)


def test_the_documentation_has_every_entry_with_its_numbers():
    """Cells of a table stand in the row of their outcome, as printed."""
    text = (REFERENCE.parents[1] / "docs/explanation/pooling.md").read_text(encoding="utf-8")
    lines = text.split("### Catalogue")[1].split("\n## ")[0].splitlines()
    for entry in catalogue().values():
        paper, place = entry.name.split("-", maxsplit=1)
        values = list(entry.prior.parameters.values())
        if f"| `{entry.name}` |" in text:
            row = next(line for line in lines if line.startswith(f"| `{entry.name}` |"))
            assert f"({', '.join(f'{value:g}' for value in values)})" in row, entry.name
            continue
        printed = ", ".join(f"{2 * value:.12g}" for value in values[-2:])
        names = sorted(COMPARISONS.values(), key=len, reverse=True)
        comparison = next(name for name in names if place.endswith(f"-{name}"))
        outcome = place.removesuffix(f"-{comparison}")
        heads = [i for i, line in enumerate(lines) if "OUTCOME |" in line]
        head = heads[0 if paper == "turner2015" else 1]
        column = [part.strip() for part in lines[head].split("|")].index(f"`{comparison}`")
        row = next(line for line in lines[head:] if line.startswith(f"| `{outcome}`: "))
        assert row.split("|")[column].strip().removesuffix(" (left out)") == printed, entry.name
