"""Networks as questions: what verdicts hang on, other policies, classes, components, covariates."""

from __future__ import annotations

import math

import pytest
from made_networks import ASKED, TRIALS, Z, library, of, printed, result
from msgspec import structs
from small_tables import select

from trialpool.changes.compare import compare_results
from trialpool.changes.summary import summarise
from trialpool.changes.words import describe
from trialpool.pooling import bayesian_random_effects, random_effects
from trialpool.pooling.network import network
from trialpool.pooling.regression.meta_regression import meta_regression
from trialpool.questions.network.page import parts
from trialpool.questions.network.pool import pool
from trialpool.questions.registry import stage
from trialpool.records.files import from_plain, to_plain
from trialpool.records.network import NetworkResult
from trialpool.records.reanalyses import LeaveOneOut, Multiverse

PRIOR = "half-normal:0.2"
BAYES = {"tau_prior": PRIOR, "important": 0.8, "null_band": [0.9, 1.11]}
FIVE = ("one", "two", "three", "four", "five")
# Further trials of alpha against care, of which the last one stands apart.
ALPHA = {
    "a1": ("0.80", "0.64", "1.00"),
    "a2": ("0.85", "0.68", "1.0625"),
    "a3": ("0.45", "0.30", "0.675"),
    "a4": ("0.90", "0.75", "1.08"),
    "a5": ("0.70", "0.56", "0.875"),
    "a6": ("0.60", "0.48", "0.75"),
}
for name, limits in ALPHA.items():
    TRIALS[name] = ({"x": "alpha; care", "c": "care"}, [("x", "c", *limits)])


def effects(*names):
    return zip(*(printed(name) for name in names), strict=True)


def test_two_nodes_have_the_words_and_flags_of_the_pair():
    """Prior × ½, × 2 and each trial left out: the network hangs on what the pair hangs on."""
    flags: set[str] = set()
    for names in (("a1", "a2", "a3"), ("a1", "a4", "a3"), ("a1", "a2", "a5"), ("a1", "a2", "a4")):
        for settings in (BAYES, {}):
            found = result(*names, **settings)
            (group,), own = found.groups, of(found.network.fit, "alpha + care")
            assert (own.verdict.word, own.verdict.size) == (group.verdict.word, group.verdict.size)
            assert own.verdict.flags == group.verdict.flags
            assert found.network.fit.model == group.primary_model
            assert (own.estimate, own.ci_lower, own.ci_upper) == pytest.approx(
                (group.estimate, group.ci_lower, group.ci_upper), abs=1e-7
            )
            # By the digits of the printed interval, that of a pool.
            assert own.sentence.split(": ", 1)[1] == group.sentence.split(": ", 1)[1]
            flags |= set(own.verdict.flags)
    assert {"prior", "one-trial"} <= flags


def test_a_verdict_that_one_trial_alone_connects_hangs_on_it():
    """Gamma against care is five times three: without five there is no estimate."""
    fit = result("three", "four", "five", **BAYES).network.fit
    chain = of(fit, "gamma")
    assert (chain.k, chain.verdict.word) == (3, "benefit")
    assert "one-trial" in chain.verdict.flags
    assert "hangs on one trial" in chain.sentence


def test_ranks_are_those_of_the_posterior():
    found = result(*FIVE, **BAYES)
    fit = found.network.fit
    names = [rank.treatment for rank in fit.ranks]
    below = {(one.treatment, one.against): one.p_below for one in fit.league}
    below |= {(b, a): 1 - p for (a, b), p in below.items()}
    for rank in fit.ranks:
        # Salanti 2011: the mean probability to be better than each of the others.
        others = [below[rank.treatment, name] for name in names if name != rank.treatment]
        assert rank.p_score == pytest.approx(sum(others) / len(others), abs=1e-12)
    assert fit.model == "bayes"
    plain = result(*FIVE).network.fit
    assert plain.model == "hk-adhoc"
    assert [r.p_score for r in plain.ranks] != [r.p_score for r in fit.ranks]


def test_without_a_degree_of_freedom_the_interval_is_walds_and_says_so():
    fit = result("one", "three").network.fit
    assert fit.ci_method == "wald"
    assert "no degree of freedom is left for Hartung-Knapp intervals" in fit.notes[0]
    assert result("one", "two").network.fit.ci_method == "hk-adhoc"


VARIANT = [
    {"id": "no-a2", "label": "Without the second", "settings": {"exclude_trials": {"a2": "x"}}}
]


def test_another_policy_refits_the_network_and_counts_in_the_multiverse():
    """Two nodes: each analysis is a pool of pairs that can be written down."""
    names = ("a1", "a2", "a3")
    found, rows = pool(*select(library(*names), ASKED | BAYES | {"variants": VARIANT}))
    (again,) = [one for one in found.network.again if one.policy]
    assert (again.policy, again.label, again.fit.k) == ("no-a2", "Without the second", 2)
    y, v = effects("a1", "a3")
    known = bayesian_random_effects(y, v, prior=PRIOR, measure="HR")
    assert again.fit.effects[0].estimate == pytest.approx(known.estimate, abs=1e-7)
    by_set = {("main analysis", "all trials"): names}
    by_set |= {
        ("main analysis", f"without {n.upper()}"): [x for x in names if x != n] for n in names
    }
    seen = set()
    for row in rows:
        rule = row["inclusion"].split(" = ")[0]
        members = by_set.get((row["policy"], rule))
        # The policy leaves what leaving the second one out leaves: it counts once.
        assert members is not None, row
        seen.add((row["policy"], rule))
        y, v = effects(*members)
        if row["ci_method"] == "bayes":
            own = bayesian_random_effects(y, v, prior=PRIOR, measure="HR")
        else:
            own = random_effects(y, v, tau2=row["tau2_method"], ci=row["ci_method"])
        limits = (row["estimate"], row["ci_lower"], row["ci_upper"])
        assert limits == pytest.approx((own.estimate, own.ci_lower, own.ci_upper), abs=1e-6)
        side = "lower" if own.ci_upper < 0 else "higher" if own.ci_lower > 0 else "neither"
        assert row["answer"] == side
    assert seen == set(by_set)
    universe = next(one for one in found.sensitivity if isinstance(one, Multiverse))
    (held,) = universe.results
    assert (held.analyses, held.holds) == (len(rows), sum(row["holds"] == "yes" for row in rows))
    assert held.group == "alpha + care v care"
    left = next(one for one in found.sensitivity if isinstance(one, LeaveOneOut))
    assert [row.trials for row in left.results] == [("A1",), ("A2",), ("A3",)]
    y, v = effects("a2", "a3")
    own = bayesian_random_effects(y, v, prior=PRIOR, measure="HR")
    assert left.results[0].estimate == pytest.approx(own.estimate, abs=1e-7)
    # Not one that changes nothing.
    same = [{"id": "same", "label": "Latest", "settings": {"report_policy": "latest"}}]
    network_ = result(*names, variants=same).network
    assert (network_.unchanged, network_.again) == (("Latest",), ())


CLASSES = {"of": [{"name": "older", "nodes": ["care", "epsilon"], "reason": "alike"}]}


def test_a_part_joins_through_its_class_and_is_marked():
    """Delta against epsilon, epsilon as good as care: the posterior median is that of the trial."""
    equal = result("one", "two", "three", "six", classes=CLASSES | {"effects": "equal"}, **BAYES)
    found = {one.treatment: one for one in equal.network.classes.effects}
    assert found["delta"].effect.estimate == pytest.approx(printed("six")[0], abs=1e-7)
    assert found["delta"].through == "through the class assumption"
    assert "never ranked" in found["delta"].sentence
    assert "(through the class assumption): HR 0.90 [" in found["delta"].sentence
    assert found["alpha + care"].through == ""
    assert equal.network.classes.spread is None
    assert "delta" not in {one.treatment for one in equal.network.fit.effects}
    # Exchangeable: the median stays, and the interval takes up the spread, which has its prior.
    alike = result("one", "two", "three", "six", classes=CLASSES, **BAYES).network.classes
    other = {one.treatment: one for one in alike.effects}["delta"]
    assert other.effect.estimate == pytest.approx(printed("six")[0], abs=1e-7)
    assert other.effect.se > found["delta"].effect.se
    narrow, wide = ({x.name: x.effect for x in one.effects}["delta"] for one in alike.again)
    assert narrow.se < other.effect.se < wide.se
    assert (alike.spread_df, alike.spread.prior) == (0, "half-normal prior with scale 0.2")
    assert "say nothing of the spread" in " ".join(alike.notes)
    _, beside = parts(result("one", "two", "three", "six", classes=CLASSES, **BAYES))
    (model,) = beside.shown.models
    assert model.sentences[0] == f"{other.sentence}."
    assert [row.node for row in model.rows if row.through] == ["delta", "epsilon"]


def test_a_class_that_cannot_be_fitted_says_why():
    alone = {"of": [{"name": "newer", "nodes": ["alpha + care"], "reason": "alike"}]}
    found = result("one", "three", classes=alone).network
    assert found.classes is None
    assert "none has two treatments" in found.assumed["classes"]
    _, beside = parts(result("one", "three", classes=alone))
    assert beside.shown.models[0].statements[0].startswith("Not estimable: ")


def test_components_are_the_sum_of_their_parts():
    """Alpha from one and two, and gamma = beta + care less what five found: least squares."""
    settings = {"components": {"reason": "drugs are added", "inactive": "care"}}
    found = result("one", "two", "three", "five", **settings).network.components
    y, v = effects("one", "two")
    pooled = random_effects((y[0], -y[1]), v, tau2="REML", ci="hk-adhoc")
    by_name = {one.name: one.effect for one in found.components}
    assert by_name["alpha"].estimate == pytest.approx(pooled.estimate, abs=1e-8)
    assert by_name["beta"].estimate == pytest.approx(printed("three")[0], abs=1e-12)
    expected = printed("three")[0] + printed("five")[0]
    assert by_name["gamma"].estimate == pytest.approx(expected, abs=1e-12)
    assert found.ci_method == "hk-adhoc"
    assert found.q_difference.q is None


def test_a_covariate_is_the_meta_regression_of_two_nodes():
    names = tuple(ALPHA)
    lines = dict(zip(names, ("1", "2", "3", "1", "2+", "3+"), strict=True))
    found = result(*names, lines=lines, moderators=["line"])
    (own,) = found.network.covariates
    y, v = effects(*names)
    known = meta_regression(y, v, [1, 2, 3, 1, 2, 3], names=["line"], tau2="REML", ci="hk-adhoc")
    slope = known.coefficients[1]
    assert (own.slope.estimate, own.slope.ci_lower, own.p_value) == pytest.approx(
        (slope.estimate, slope.ci_lower, slope.p_value), abs=1e-6
    )
    assert (own.k, own.df, own.missing) == (6, 4, ())
    # Of one trial fewer three degrees of freedom are left; and it is named.
    (few,) = result(*names, lines=lines | {"a1": ""}, moderators=["line"]).network.covariates
    assert few.slope is None
    assert few.reason == "not estimable: 3 degrees of freedom would remain; at least 4 are needed"
    assert few.missing == ("a1",)
    _, beside = parts(result(*names, lines=lines | {"a1": ""}, moderators=["line"]))
    assert beside.shown.covariates[0].endswith("Not given for: A1.")


def test_check_and_diff_follow_what_the_network_says():
    old, new = result(*FIVE, **BAYES), result(*FIVE[:4], **BAYES)
    (one,) = [x for x in summarise(old).beyond if x.label == "Network: gamma v care"]
    fit = old.network.fit
    assert one.estimate == of(fit, "gamma").estimate
    assert one.tau2 == fit.tau**2
    assert one.verdict.startswith(of(fit, "gamma").verdict.word)
    moved = compare_results({"q": old}, {"q": new})
    (question,) = moved.questions
    groups = {group.label: group for group in question.groups}
    assert groups["Network: gamma v care"].status == "removed"
    # A leaf of the tree says nothing of the others.
    assert set(groups) == {"Network: gamma v care", "gamma v beta + care"}
    told = "\n".join(describe(moved))
    assert "Network: gamma v care (group is gone)" in told
    # The rows stand with the direct comparisons: they are the reason for all.
    assert "because of row five.x.c" in told
    assert "because of no row" not in told
    assert not compare_results({"q": old}, {"q": old}).questions
    three = {"q": result("one", "three", "four", "five", **BAYES)}
    (question,) = compare_results({"q": old}, three).questions
    groups = {group.label: group for group in question.groups}
    assert {"estimate", "tau2"} <= set(groups["Network: gamma v care"].moved)
    # A verdict that moves though no direct comparison does.
    effects_ = tuple(
        structs.replace(x, verdict=structs.replace(x.verdict, word="harm")) for x in fit.effects
    )
    other = structs.replace(
        old, network=structs.replace(old.network, fit=structs.replace(fit, effects=effects_))
    )
    told = "\n".join(describe(compare_results({"q": old}, {"q": other})))
    assert "q · Network: gamma v care" in told
    assert "→ harm" in told


def test_league_graph_and_forest_are_drawn_of_the_record():
    found = result(*FIVE, "six", **BAYES)
    figures = stage("network", "figures").plots(found)
    fit = found.network.fit
    for one in fit.league:
        pair = (one.treatment, one.against)
        both = [row for row in figures["league"].rows if {row[0], row[1]} == set(pair)]
        (cell,) = [row for row in both if row[2] == "network"]
        sign = 1 if cell[0] == one.treatment else -1
        assert cell[4] == pytest.approx(sign * one.estimate, abs=1e-12)
        assert sorted((sign * cell[5], sign * cell[6])) == pytest.approx(
            [one.ci_lower, one.ci_upper]
        )
    nodes = {s.label: s for s in figures["graph"].geometry.of("node")}
    assert set(nodes) == {"alpha + care", "beta + care", "care", "gamma", "delta", "epsilon"}
    # Four trials have the arm without a drug.
    assert nodes["care"].values == (4.0, 400.0)
    edges = {s.label: s.values[0] for s in figures["graph"].geometry.of("edge")}
    assert edges["alpha + care – care"] == 3.0
    pools = {s.label: s for s in figures["network"].geometry.of("pairwise")}
    group = next(g for g in found.groups if g.label == "alpha + care v care")
    assert pools["alpha + care v care"].values == pytest.approx((group.estimate,))
    (line,) = [
        x
        for x in figures["network"].rows
        if x[0] == "alpha + care" and x[2] != "direct and indirect"
    ]
    assert line[2:7] == ("pairwise pool", 3, group.estimate, group.ci_lower, group.ci_upper)
    # Two designs bear on the loop of the trial of three arms; ten contrasts are not there.
    assert found.network.evidence.heat.total == pytest.approx(fit.inconsistency.q, abs=1e-9)
    assert "change_of_q" in figures["net-heat"].columns
    assert found.network.evidence.funnel is None
    assert figures["adjusted-funnel"].columns == ("reason",)
    assert from_plain(to_plain(found), NetworkResult) == found


def test_the_engine_by_hand_gives_the_posterior_of_the_question():
    fit = result("one", "two", "three", "five", **BAYES).network.fit
    study, treat1 = ("one", "two", "three", "five"), ("alpha", "care", "beta", "gamma")
    treat2 = ("care", "alpha", "care", "beta")
    y, v = effects(*study)
    found = network(study=study, treat1=treat1, treat2=treat2, yi=y, vi=v, measure="HR",
                    reference="care").posterior(prior=PRIOR)  # fmt: skip
    known, own = found.compare("gamma", "care"), of(fit, "gamma")
    assert (own.estimate, own.ci_lower, own.pi_upper) == pytest.approx(
        (known.estimate, known.ci_lower, known.pi_upper), abs=1e-8
    )
    half = Z * math.sqrt(v[3])
    assert own.ci_upper - own.ci_lower > 2 * half
