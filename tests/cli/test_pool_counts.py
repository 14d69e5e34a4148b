"""`trialpool pool` on counts: methods, zero cells, proportions, and what it refuses."""

from __future__ import annotations

import math

import pytest
from test_pool import CONTRACT

from trialpool.pooling.counts import (
    count_effects,
    mantel_haenszel,
    odds_ratio_glmm,
    peto,
    proportion_glmm,
)

ROWS = {
    "A": (2, 30, 8, 31, "x"),
    "B": (9, 41, 6, 40, "x"),
    "C": (0, 25, 6, 24, "y"),
    "D": (12, 50, 10, 52, "y"),
    "E": (0, 10, 0, 9, "y"),
}
COUNTS = "study,events_experimental,n_experimental,events_control,n_control,kind\n" + "".join(
    f"{name},{','.join(map(str, row))}\n" for name, row in ROWS.items()
)
ARMS = [list(column) for column in zip(*(row[:4] for row in ROWS.values()), strict=True)]
SINGLE = "study,events,n\nA,16,17\nB,10,12\nC,10,10\nD,43,58\n"
X, N = [16, 10, 10, 43], [17, 12, 10, 58]


@pytest.mark.parametrize(
    ("options", "call"),
    [
        (["--measure", "OR", "--method", "mh"], lambda: mantel_haenszel(*ARMS)),
        (["--measure", "RR", "--method", "mh"], lambda: mantel_haenszel(*ARMS, measure="RR")),
        (["--measure", "RD", "--method", "mh"], lambda: mantel_haenszel(*ARMS, measure="RD")),
        (
            ["--measure", "OR", "--method", "mh", "--zero-cells", "all", "--level", "0.9"],
            lambda: mantel_haenszel(*ARMS, zero_cells="all", level=0.9),
        ),
        (["--measure", "OR", "--method", "peto"], lambda: peto(*ARMS)),
        (["--measure", "OR", "--method", "glmm"], lambda: odds_ratio_glmm(*ARMS)),
        (
            ["--measure", "OR", "--method", "glmm", "--glmm-model", "conditional", "--pi", "hts"],
            lambda: odds_ratio_glmm(*ARMS, model="conditional", pi="hts"),
        ),
        (
            ["--measure", "OR", "--method", "glmm", "--quadrature-points", "7"],
            lambda: odds_ratio_glmm(*ARMS, quadrature_points=7),
        ),
    ],
)
def test_each_method_is_its_function(as_json, options, call):
    got, want = as_json(COUNTS, *options), call().to_dict()
    assert {key: got[key] for key in want} == want
    assert [key for key in got if key in CONTRACT] == CONTRACT


def test_what_does_not_exist_is_null(as_json):
    got = as_json(COUNTS, "--measure", "OR", "--method", "glmm")
    assert got["weights"] is None
    assert got["i2"] is None
    assert got["excluded"] == [
        {
            "line": 6,
            "label": "E",
            "reason": "no events in both arms: the trial says nothing about an odds ratio",
        }
    ]
    common = as_json(COUNTS, "--measure", "OR", "--method", "mh")
    assert common["pi_lower"] is None
    assert common["tau2"] == 0.0
    assert common["tau2_method"] == "CE"


def test_proportions(as_json, run):
    got, want = as_json(SINGLE, "--measure", "PLO", "--method", "glmm"), proportion_glmm(X, N)
    assert (got["estimate"], got["scale"], got["p_value"]) == (want.estimate, "logit", None)
    assert got["labels"] == ["A", "B", "C", "D"]
    text = run(SINGLE, "--measure", "PLO", "--method", "glmm").stdout
    pooled = 100 / (1 + math.exp(-want.estimate))
    assert f"Pooled 79/97 {pooled:.1f} [" in " ".join(text.split())
    # The exact interval of ten of ten: 0.025^(1/10) to 1.
    assert f"100.0 [{100 * 0.025**0.1:.1f} to 100.0]" in text
    assert "Test of no effect" not in text


def test_the_double_arcsine_says_how_it_is_turned_back(as_json, run):
    got = as_json(SINGLE, "--measure", "PFT")
    assert got["p_value"] is None
    assert "by at most 5.0 percentage points" in got["diagnostics"]["notes"][-1]
    shown = 100 * math.sin(got["estimate"]) ** 2
    assert f"{shown:.1f} [" in run(SINGLE, "--measure", "PFT").stdout


@pytest.mark.parametrize("rule", ["affected", "all-if-any", "all", "treatment-arm", "none"])
def test_zero_cell_rules_under_inverse_variance(as_json, rule):
    from trialpool.pooling import random_effects

    got = as_json(COUNTS, "--measure", "OR", "--zero-cells", rule)
    effects = count_effects(*ARMS, zero_cells=rule)
    want = random_effects(effects.yi, effects.vi, measure="OR")
    assert got["estimate"] == want.estimate
    assert [x["label"] for x in got["excluded"]] == (["C", "E"] if rule == "none" else ["E"])


def test_the_default_rule_is_the_one_for_affected_trials(as_json):
    plain, named = (
        as_json(COUNTS, "--measure", "OR", *rule) for rule in ([], ["--zero-cells", "affected"])
    )
    assert plain["estimate"] == pytest.approx(named["estimate"], rel=1e-13)


def test_groups(as_json, run):
    got = as_json(COUNTS, "--measure", "OR", "--method", "mh", "--by", "kind")
    assert [group["label"] for group in got["groups"]] == ["x", "y"]
    want = mantel_haenszel(*(column[:2] for column in ARMS))
    assert got["groups"][0]["estimate"] == want.estimate
    assert got["groups"][1]["labels"] == ["C", "D"]
    text = run(COUNTS, "--measure", "OR", "--method", "mh", "--by", "kind").stdout
    assert "Differences between groups are not tested" in text


@pytest.mark.parametrize(
    ("table", "options", "words"),
    [
        (COUNTS, "--measure RR --method peto", "peto gives no RR; allowed: --measure OR"),
        (COUNTS, "--measure RD --method glmm", "glmm gives no RD"),
        (COUNTS, "--measure OR --method x", "allowed: iv, mh, peto, glmm"),
        (COUNTS, "--measure OR --method mh --tau2 PM", "'PM' does not go with --method mh"),
        (COUNTS, "--measure OR --method peto --ci hk", "allowed: wald"),
        (COUNTS, "--measure OR --method mh --pi hts", "a common effect has no such interval"),
        (COUNTS, "--measure OR --method glmm --pi bootstrap", "allowed: t, hts, normal"),
        (COUNTS, "--measure OR --method peto --zero-cells all", "peto needs nothing added"),
        (COUNTS, "--measure OR --zero-cells some", "allowed: affected, all-if-any"),
        (COUNTS, "--measure OR --glmm-model conditional", "goes with --method glmm alone"),
        (COUNTS, "--measure OR --method glmm --glmm-model x", "unconditional, conditional"),
        (COUNTS, "--measure OR --method glmm --quadrature-points 0", "allowed: 1 to 100"),
        (COUNTS, "--measure OR --method mh --influence", "goes with --method iv, not mh"),
        (SINGLE, "--measure OR", "measure='OR' is not possible with events and n of one arm"),
        (SINGLE, "--measure PLO --zero-cells treatment-arm", "treatment-arm needs two arms"),
        (SINGLE, "--measure PLO --method glmm --glmm-model conditional", "about two arms"),
        ("yi,vi\n0.1,0.2\n", "--method mh", "mh needs counts"),
        ("yi,vi\n0.1,0.2\n", "--zero-cells all", "goes with counts"),
    ],
)
def test_options_without_meaning_are_wrong_usage(run, table, options, words):
    done = run(table, *options.split())
    assert done.exit_code == 2
    assert words in " ".join(done.stderr.replace("│", " ").split())


def test_counts_without_a_finite_estimate_are_bad_input(faults):
    table = COUNTS.splitlines()[0] + "\nA,0,10,3,10,x\nB,0,12,4,10,x\n"
    for method in ("mh", "glmm"):
        (finding,) = faults(table, "--measure", "OR", "--method", method)
        assert finding.rule == "estimable"
        assert "0" in finding.message


def test_cells_of_proportions_are_checked(faults):
    found = faults("study,events,n\nA,3,2\nB,1.5,4\nC,,4\n", "--measure", "PLO")
    assert [(x.line, x.column, x.rule) for x in found] == [
        (2, "events", "events-within-n"),
        (3, "events", "whole-number"),
        (4, "events", "number"),
    ]
