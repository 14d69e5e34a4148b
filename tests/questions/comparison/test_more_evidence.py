"""What a comparison says of more evidence: sizes by hand, words by refits, looks by the kernel."""

import math

import pooled_records
import pytest

from trialpool import formatting as fmt
from trialpool.pooling import bayesian_random_effects
from trialpool.pooling.sequential.boundaries import boundaries
from trialpool.questions.comparison.page import parts

POOLING = {
    "tau_prior": "bartos2023-hr",
    "important": -math.log(0.8),
    "null_band": [math.log(0.9), math.log(1.11)],
}
GROUPS = [{"label": "A"}, {"label": "B"}]
Z = 1.959963984540054 + 1.2815515655446004


def trial(name, estimate, se, group="A", **more):
    return {"trial_id": name, "row_ids": [name], "label": name, "group": group, "year": 2010,
            "estimate": estimate, "se": se, **more}  # fmt: skip


TRIALS = [
    trial("one", -0.35, 0.12),
    trial("two", -0.1, 0.2, year=2012),
    trial("three", -0.3, 0.1, year=2015),
    trial("alone", -0.5, 0.15, "B"),
]


def result(trials=TRIALS, **fields):
    settings = {"pooling": {**POOLING, **fields.pop("pooling", {})}, "groups": GROUPS, **fields}
    return pooled_records.pooled(settings, trials)


def test_the_size_is_that_of_the_primary_model():
    several, alone = result().more_evidence
    pool = bayesian_random_effects([-0.35, -0.1, -0.3], [0.0144, 0.04, 0.01], prior="bartos2023-hr")
    assert several.tau2 == pytest.approx(pool.tau2)
    assert several.required == pytest.approx((Z / math.log(0.8)) ** 2)
    held = sum(1 / (v + pool.tau2) for v in (0.0144, 0.04, 0.01))
    assert several.fraction == pytest.approx(held / several.required)
    missing = (several.required - held) * (0.0144 + pool.tau2)
    assert several.further_trials == math.ceil(missing)
    assert several.next_trial.se == pytest.approx(0.12)
    single = bayesian_random_effects([-0.5], [0.0225], prior="bartos2023-hr")
    assert alone.tau2 == pytest.approx(single.tau2)
    assert alone.next_trial.changes is None


def test_words_of_the_next_trial_add_up_and_follow_the_side_of_benefit():
    several = result().more_evidence[0].next_trial
    assert sum(several.words.values()) == pytest.approx(1.0)
    turned = [{**one, "estimate": -one["estimate"]} for one in TRIALS]
    again = result(turned, benefit="higher").more_evidence[0]
    assert again.effect == pytest.approx(-math.log(0.8))
    assert again.next_trial.words == pytest.approx(several.words, abs=1e-9)


def test_other_models_foretell_nothing_and_shared_arms_do_not_add_up():
    assert result(pooling={"primary": "hk"}).more_evidence[0].next_trial is None
    arms = ({"arm_id": "a", "n": 50}, {"arm_id": "b", "n": 50}, {"arm_id": "c", "n": 50})
    twice = [
        *TRIALS[:2],
        trial("three", -0.3, 0.1, experimental=arms[0], control=arms[2]),
        trial("three", -0.2, 0.12, experimental=arms[1], control=arms[2]),
    ]
    assert not result(twice, groups=GROUPS[:1], multiarm="choose").more_evidence


def test_margins_are_no_sizes():
    margin = {"lower": None, "upper": 0.2}
    trials = [{**one, "margin": margin} for one in TRIALS]
    assert result(trials, design="non-inferiority").more_evidence == ()


def test_looks_only_on_request():
    assert all(one.looks == () for one in result().more_evidence)
    asked = {"power": 0.9, "boundaries": "obrien-fleming"}
    several, alone = result(more_evidence=asked).more_evidence
    assert [look.year for look in several.looks] == [2010, 2012, 2015]
    assert [look.trials for look in several.looks] == [1, 2, 3]
    fractions = [look.fraction for look in several.looks]
    assert fractions[-1] == pytest.approx(several.fraction)
    bounds = [look.boundary for look in several.looks]
    assert bounds == pytest.approx(list(boundaries(fractions)))
    first = several.looks[0]
    assert first.z == pytest.approx(-0.35 / math.sqrt(0.0144 + several.tau2))
    assert len(alone.looks) == 1
    unknown = [{**one, "year": None} for one in TRIALS]
    assert result(unknown, more_evidence=asked).more_evidence[0].looks == ()


def test_the_page_says_what_is_missing():
    *_, part = parts(result(more_evidence={"boundaries": "obrien-fleming"}))
    assert part.shown.effect == "0.80"
    several, alone = part.shown.rows
    assert several.missing.endswith("trials")
    assert several.after.split()[0] in ("benefit", "leans")
    assert alone.changes == fmt.NOT_AVAILABLE
    assert part.shown.has_looks
    assert several.looks[0].startswith("2010: ")
