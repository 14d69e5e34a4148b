"""Tables of `pool` that went wrong without a word: each with a second of its kind."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from scipy import stats
from typer.testing import CliRunner

import trialpool as tp
from trialpool.cli.main import app
from trialpool.pooling.dependent.pooled_mean import pooled_mean

CASES = Path(__file__).parent / "cases"


ALL_AND_SOME = "study,events,n\nB,17,17\nC,3,40\n"


def case(name: str) -> str:
    return (CASES / f"{name}.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "options", "rule"),
    [
        ("trial-twice", (), "trial-twice"),
        ("total-row", ("--measure", "OR"), "total-row"),
        ("shared-control", ("--measure", "OR"), "shared-arm"),
        ("ratio-in-percent", (), "ratio-in-percent"),
        ("ratio-typed-as-log", ("--measure", "HR"), "ratio-typed-as-log"),
        ("peto-unbalanced", ("--measure", "OR", "--method", "peto"), "peto-unequal-arms"),
        ("peto-one-trial", ("--measure", "OR", "--method", "peto"), "peto-large-effect"),
        ("cumulative-ties", (), "tau2-at-bound"),
    ],
)
def test_text_json_python_and_figure_say_the_same(tmp_path, run, as_json, name, options, rule):
    in_json = as_json(case(name), *options)["warnings"]
    assert any(f"[{rule}]" in sentence for sentence in in_json)
    assert all(sentence in run(case(name), *options).stderr for sentence in in_json)
    measure = options[1] if options else None
    effects = tp.effect_sizes(CASES / f"{name}.csv", measure=measure)
    pooled = tp.pool(effects, "peto") if "peto" in options else tp.pool(effects)
    told = [str(doubt) for doubt in pooled.warnings]
    assert [sentence.partition(": trials.csv: ")[2] for sentence in in_json] == told
    assert all(f"Warning: {sentence}" in repr(pooled) for sentence in told)
    arguments = ["forest", str(CASES / f"{name}.csv"), "-o", str(tmp_path / "f.svg"), *options]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    assert all(said in done.stderr for said in told)


def test_levels_that_look_alike(as_json):
    table = "study,yi,vi,pop\nA,0.1,0.02,post‑op\nB,0.2,0.03,Post-op\nC,0.3,0.02,other\n"
    for option in ("--by", "--moderator"):
        (told,) = as_json(table + "D,0.1,0.03,other\n", option, "pop")["warnings"]
        assert "pop: 'post‑op' and 'Post-op' look like one name" in told


def test_good_tables_are_silent(run):
    table = "study,hr,ci_lower,ci_upper\nA,0.74,0.65,0.85\nB,0.8,0.7,0.92\nC,1.1,0.8,1.51\n"
    assert run(table).stderr == ""


# ---- clusters -------------------------------------------------------------------------------


def test_clusters_are_the_headline(run, as_json):
    """metafor 3.8: rma.mv(random = ~ 1 | trial/study, test = "t", dfs = "contain"), predict."""
    options = ("--measure", "HR", "--cluster", "trial")
    record = as_json(case("cluster-headline"), *options)
    expected = {
        "estimate": -0.11948472, "se": 0.11806986, "ci_lower": -0.62749834,
        "ci_upper": 0.38852890, "pi_lower": -1.00746865, "pi_upper": 0.76849921, "q": 7.26,
        "p_value": 0.41806,
    }  # fmt: skip
    for key, value in expected.items():
        assert record[key] == pytest.approx(value, rel=2e-5), key
    assert [record[key] for key in ("k", "clusters", "cluster", "model")] == [
        7, 3, "trial", "multilevel"
    ]  # fmt: skip
    assert record["weights"] == pytest.approx([0.085387122] * 5 + [0.286532195] * 2, rel=1e-6)
    yi = [float(line.split(",")[1]) for line in case("cluster-headline").splitlines()[1:]]
    assert np.dot(record["weights"], yi) == pytest.approx(record["estimate"], rel=1e-12)
    # What ignores the clusters stands below.
    alone = as_json(case("cluster-headline"), "--measure", "HR")
    assert record["independent"]["estimate"] == alone["estimate"]
    said = run(case("cluster-headline"), *options, "--robust", "CR2").stdout
    assert said.startswith("Hazard ratio, 3 trials, 7 effects, multilevel model by REML")
    assert "p = 0.43 (t, 1.9 df)" in said
    assert "If all 7 effects were of different trials: HR 0.81 [0.70 to 0.94], p = 0.012" in said


def test_robust_clusters_are_the_headline_too(as_json):
    table = "study,yi,vi,c,year\n" + "".join(
        f"S{i},{0.1 * (i % 5) - 0.3:.2f},{0.02 + 0.003 * i:.3f},{i // 2},{2000 + i}\n"
        for i in range(12)
    )
    record = as_json(
        table, "--cluster", "c", "--robust", "CR2", "--moderator", "year", "--leave-one-out"
    )
    rows = [line.split(",") for line in table.splitlines()[1:]]
    yi, vi = ([float(row[i]) for row in rows] for i in (1, 2))
    clusters = [row[3] for row in rows]
    given = [part.variance for part in tp.dependent_effects(yi, vi, clusters).components]
    fit = tp.dependent_effects(yi, vi, clusters, robust="CR2", given=given)
    assert record["ci_lower"] == fit.coefficients[0].ci_lower
    assert record["ci_method"] == "CR2"
    mean = pooled_mean(fit, vi, clusters)
    # The weights by the matrix that the model has.
    same = np.equal.outer(clusters, clusters)
    inverse = np.linalg.inv(np.diag(np.array(vi) + given[1]) + given[0] * same)
    assert mean.weights == pytest.approx(inverse.sum(axis=1) / inverse.sum(), rel=1e-10)
    assert any("[clusters-ignored]" in sentence for sentence in record["warnings"])


def test_an_arm_that_a_cluster_shares_is_what_clusters_are_for(as_json):
    table = case("shared-control").splitlines()
    rows = [f"{table[0]},c", *(f"{row},{c}" for row, c in zip(table[1:], "xxy", strict=True))]
    record = as_json("\n".join([*rows, "C,20,90,31,92,z"]), "--measure", "OR", "--cluster", "c")
    assert not any("shared-arm" in sentence for sentence in record["warnings"])


# ---- rows by their own method ---------------------------------------------------------------


def test_rows_of_peto_are_peto_odds_ratios(as_json):
    record = as_json(case("peto-one-trial"), "--measure", "OR", "--method", "peto")
    (own,) = record["trials"]
    # E and V of the hypergeometric distribution: 8 events, 500 of 550 treated.
    e, v = 8 * 500 / 550, stats.hypergeom.var(550, 8, 500)
    assert own["estimate"] == pytest.approx((3 - e) / v, rel=1e-12)
    assert own["ci_upper"] == pytest.approx((3 - e) / v + 1.959963984540054 / math.sqrt(v))
    assert own["estimate"] == pytest.approx(record["estimate"], rel=1e-12)
    several = as_json(case("peto-unbalanced"), "--measure", "OR", "--method", "peto")
    rows = [row["estimate"] for row in several["trials"]]
    assert np.dot(several["weights"], rows) == pytest.approx(several["estimate"], rel=1e-12)
    balanced = "study," + "events_experimental,n_experimental,events_control,n_control\n"
    balanced += "A,10,100,14,102\nB,8,88,9,90\n"
    assert as_json(balanced, "--measure", "OR", "--method", "peto")["warnings"] == []


@pytest.mark.parametrize(
    ("options", "tables"),
    [
        (("--measure", "PFT"), (case("proportion-none-of-25"), ALL_AND_SOME)),
        (("--measure", "PLO"), (case("proportion-none-of-25"), ALL_AND_SOME)),
        (("--measure", "PLO", "--method", "glmm"), ("study,events,n\nB,17,17\nA,0,25\n",)),
    ],
)  # fmt: skip
def test_proportions_have_exact_intervals(run, as_json, options, tables):
    for table in tables:
        rows = as_json(table, *options)["trials"]
        for row, line in zip(rows, table.splitlines()[1:], strict=True):
            x, n = (int(cell) for cell in line.split(",")[1:])
            exact = stats.binomtest(x, n).proportion_ci(0.95, "exact")
            limits = (row["ci_lower"], row["ci_upper"])
            assert limits == pytest.approx((exact.low, exact.high), rel=1e-9, abs=1e-15)
            assert row["estimate"] == pytest.approx(x / n, abs=1e-15)
    said = run(tables[0], *options).stdout
    assert "0.0 [0.0 to 13.7]" in said


def test_weights_of_mantel_and_haenszel_give_the_pool_or_there_are_none(run, as_json):
    assert as_json(case("mh-rows"), "--measure", "OR", "--method", "mh")["weights"] is None
    assert "Weight" not in run(case("mh-rows"), "--measure", "OR", "--method", "mh").stdout
    assert as_json(case("mh-rows"), "--measure", "RR", "--method", "mh")["weights"] is None
    head = "study,events_experimental,n_experimental,events_control,n_control\n"
    # No event in the experimental arm of B: its own ratio is 0, and has a weight.
    cells = [(5, 50, 9, 48), (0, 40, 3, 41), (12, 90, 15, 88)]
    table = head + "".join(f"T{i},{','.join(map(str, own))}\n" for i, own in enumerate(cells))
    found = as_json(table, "--measure", "OR", "--method", "mh")
    ratios = [a * (n2 - c) / (c * (n1 - a)) for a, n1, c, n2 in cells]
    assert np.dot(found["weights"], ratios) == pytest.approx(math.exp(found["estimate"]), rel=1e-12)


# ---- refits, small studies ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("order", "steps"),
    [
        ("year", [(["D"], 1), (["C", "A", "B"], 4)]),
        ("date", [(["D"], 1), (["A"], 2), (["C", "B"], 4)]),
    ],
)
def test_ties_enter_together(run, as_json, order, steps):
    lines = case("cumulative-ties").splitlines()
    backwards = "\n".join([lines[0], *reversed(lines[1:])])
    one, other = (as_json(table, "--cumulative", order) for table in ("\n".join(lines), backwards))
    assert [(row["labels"], row["k"]) for row in one["cumulative"]] == steps
    for mine, theirs in zip(one["cumulative"], other["cumulative"], strict=True):
        assert set(mine["labels"]) == set(theirs["labels"])
        assert mine["estimate"] == pytest.approx(theirs["estimate"], rel=1e-12)
    shown = run("\n".join(lines), "--cumulative", order).stdout
    assert f"{', '.join(steps[-1][0])} (" in shown


def test_pet_on_the_other_side_is_no_evidence_for_peese(run, as_json):
    said = run(case("pet-peese-side"), "--measure", "HR", "--small-study").stdout
    assert "1.05 [1.02 to 1.08]   PET (PET: p = 0.008, on the other side)" in said
    assert "test of no selection: p < 0.001" in said
    found = as_json(case("pet-peese-side"), "--small-study")["small_study"]["pet_peese"]
    # Its mirror image, and a set whose line keeps the side of the effect.
    rows = [line.split(",") for line in case("pet-peese-side").splitlines()[1:]]
    yi, se = (np.array([float(row[i]) for row in rows]) for i in (1, 2))
    mirrored = tp.pet_peese(-yi, se**2)
    assert (found["chosen"], mirrored.chosen) == ("PET", "PET")
    assert mirrored.estimate == pytest.approx(-found["estimate"], rel=1e-12)
    assert tp.pet_peese(yi - 0.5, se**2).chosen == "PEESE"


# ---- fits -----------------------------------------------------------------------------------


def rules(found) -> list[str]:
    return [doubt.rule for doubt in found.warnings]


def test_one_trial_that_is_the_pool():
    assert rules(tp.random_effects([-0.3, 0.1, 0.2], [0.0004, 0.09, 0.08], tau2="CE")) == [
        "one-trial-is-the-pool"
    ]
    effects = tp.effect_sizes(yi=[-0.3, 0.1], vi=[0.0004, 0.2], labels=["Large", "Small"])
    (doubt,) = tp.pool(effects, tau2="CE").warnings
    assert (doubt.labels, doubt.message[:21]) == (("Large",), "Large: has 100% of th")
    assert rules(tp.random_effects([-0.3, 0.1], [0.02, 0.03])) == []
    assert rules(tp.random_effects([-0.3], [0.02])) == []


def test_weights_below_0_come_from_covariances():
    from trialpool.pooling.dependent.gls import gls_pool

    # Effects of one trial with variances 1 and 9 and covariance 2: the weights are 7/6, -1/6.
    found = gls_pool([0.1, 0.5], [1.0, 9.0], ["a", "a"], [(0, 1, 2.0)], tau2="CE", ci="wald")
    assert found.weights == pytest.approx((7 / 6, -1 / 6))
    assert [(doubt.rule, doubt.rows) for doubt in found.warnings][-1] == ("weight-below-0", (1,))


def test_moderators_that_say_the_same():
    rng = np.random.default_rng(3)
    x = rng.normal(size=30)
    other = rng.normal(size=30)
    y, v = rng.normal(size=30), np.full(30, 0.5)
    for noise, expected in ((0.05, ["moderators-nearly-alike"]), (1.0, [])):
        near = x + noise * rng.normal(size=30)
        fit = tp.meta_regression(y, v, np.column_stack([x, near, other]), names=["a", "b", "c"])
        assert [rule for rule in rules(fit) if rule != "tau2-at-bound"] == expected
        # The inflation of two columns is 1/(1 - r²).
        pair = tp.meta_regression(y, v, np.column_stack([x, near]), names=["a", "b"])
        inflated = 1 / (1 - np.corrcoef(x, near)[0, 1] ** 2) > 10
        assert ("moderators-nearly-alike" in rules(pair)) == inflated == bool(expected)
    columns = np.column_stack([x, x + 0.01 * rng.normal(size=30), other])
    (doubt,) = (
        doubt
        for doubt in tp.meta_regression(y, v, columns, names=["a", "b", "c"]).warnings
        if doubt.rule != "tau2-at-bound"
    )
    assert doubt.message.startswith("a and b nearly determine each other")
    # A rare reference level alone is no collinearity.
    level = np.repeat([0, 1, 2], [2, 14, 14])
    dummies = np.column_stack([level == 1, level == 2]).astype(float)
    fit = tp.meta_regression(y, v, dummies, names=["drug: b", "drug: c"])
    assert "moderators-nearly-alike" not in rules(fit)


def test_estimators_that_stop_at_a_bound():
    rows = [line.split(",") for line in case("cumulative-ties").splitlines()[1:]]
    hr, low, high = (np.array([float(row[i]) for row in rows]) for i in (1, 2, 3))
    y, v = np.log(hr), (np.log(high / low) / 3.919927969080108) ** 2
    assert rules(tp.random_effects(y, v)) == ["tau2-at-bound"]
    assert tp.random_effects(y, v, tau2="DL").tau2 > 0
    assert rules(tp.random_effects(y, v, tau2="DL")) == []
    assert rules(tp.random_effects(y, v, tau2="CE")) == []


def test_check_row_doubts_a_ratio_in_percent(tmp_path):
    head = (Path(__file__).parents[2] / "data" / "raw" / "time_to_event.csv").read_text("utf-8")
    names = head.splitlines()[0].split(",")
    for numbers, expected in ((("74", "65", "85"), True), (("0.74", "0.65", "0.85"), False)):
        cells = dict.fromkeys(names, "")
        cells |= {"row_id": "emilia.pfs.x9", "trial_id": "emilia", "endpoint": "PFS",
                  "measure": "HR", "population": "ITT"}  # fmt: skip
        cells |= dict(zip(("estimate", "ci_lower", "ci_upper"), numbers, strict=True))
        file = tmp_path / "time_to_event.csv"
        file.write_text(",".join(names) + "\n" + ",".join(cells.values()) + "\n", encoding="utf-8")
        done = CliRunner().invoke(app, ["check-row", str(file), "--json"])
        found = json.dumps(json.loads(done.stdout))
        assert ("ratio-plausible" in found) is expected
