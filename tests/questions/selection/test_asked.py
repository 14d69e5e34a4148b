"""A question as it is asked: settings with every default, and what another policy changes."""

import math

import pytest
from shipped_words import ENDPOINTS
from small_tables import POOLING, QUESTION, row, run
from test_restricted_means import curve
from test_restricted_means import run as run_curves

from trialpool.measures import get_measure
from trialpool.questions.registry import KINDS, record_class, stage
from trialpool.questions.shared.selection.asked import pooling_of
from trialpool.questions.shared.selection.files import read_selection, write_selection
from trialpool.records.settings import BiomarkerFilter, MarginSetting

OF_KIND = {
    "mean_time": {"measure": "RMSTD", "table": "reconstructed_survival", "horizon_months": 24},
    "interaction": {
        "measure": "RHR",
        "interaction": {
            "biomarkers": {"marker": {"positive": ["positive"], "negative": ["no"]}},
            "labels": {"positive": "with", "negative": "without"},
        },
    },
    "network": {"reference": "care"},
    "prognosis": {"prognostic": {"biomarker": "marker", "levels": ["yes", "no"]}},
    "proportion": {"measure": "PLO", "table": "responses", "single_arm": {}},
    "single_group": {
        **{"measure": "ZCOR", "table": "correlations", "variables": ["age"], "single_arm": {}},
    },
    "surrogacy": {
        "early": {"endpoints": ["PFS"], "report_policy": "blinded-primary"},
        "within_trial": {"correlation": 0.5, "reason": "middle"},
    },
}


def level(row_id, which, **cells):
    return row(row_id, population="marked", biomarker="mark", biomarker_level=which, **cells)


def asked(kind="comparison", **settings):
    room = stage(kind, "select")
    return room.asked("q", {**QUESTION, "kind": kind, **settings}, POOLING, ENDPOINTS)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_asks_in_its_own_record_with_every_default(kind):
    found = asked(kind, **OF_KIND.get(kind, {}))
    assert type(found) is record_class(kind, "ASKED")
    assert (found.id, found.design) == ("q", "superiority")
    # More time without progression is better, more progression is worse.
    assert found.benefit == ("higher" if kind == "mean_time" else "lower")
    assert (found.arm_names.experimental, found.arm_names.control) == ("experimental", "control")
    assert found.filters.trials == {"design": ("rct",)}
    assert (found.filters.exclude_rows, found.filters.biomarker) == ({}, None)
    assert (found.comment, found.overall, found.overall_reason) == ("", None, "none")


def test_the_prior_is_that_of_the_measure():
    assert asked().pooling.tau_prior is None
    found = asked("interaction", **OF_KIND["interaction"]).pooling
    assert (found.tau_prior, found.tau_prior_factor) == ("half-normal:0.25", 1.0)
    assert (found.tau2, found.level, found.primary) == ("REML", 0.95, "bayes")


PRIORS = {"HR": "bartos2023-hr", "RR": "half-normal:0.3", "equivalence": "half-normal:0.1"}
SIZES = {
    "tau_priors": PRIORS,
    "important": {"HR": 0.8, "RD": 10},
    "null_band": {"HR": [0.9, 1.11], "RD": [-4, 4]},
}


def resolved(measure, **settings):
    return pooling_of(settings, {**POOLING, **SIZES}, get_measure(measure))


def test_an_interaction_takes_half_of_the_scale_for_effects():
    assert resolved("HR")["tau_prior"] == "bartos2023-hr"
    half = resolved("RHR")
    assert (half["tau_prior"], half["tau_prior_factor"]) == ("bartos2023-hr", 0.5)
    assert resolved("ROR")["tau_prior"] is None


def test_one_molecule_against_itself_has_a_prior_of_its_own():
    found = resolved("RR", contrasts=["equivalence"])
    assert found["tau_prior"] == "half-normal:0.1"
    # On the scale of a ratio alone.
    assert resolved("RD", contrasts=["equivalence"])["tau_prior"] is None


def test_sizes_are_brought_to_the_analysis_scale():
    found = resolved("HR")
    assert found["important"] == pytest.approx(-math.log(0.8))
    assert found["null_band"] == pytest.approx([math.log(0.9), math.log(1.11)])
    points = resolved("RD")
    assert (points["important"], points["null_band"]) == (0.1, [-0.04, 0.04])
    assert resolved("RHR")["important"] is None


def test_a_question_may_say_otherwise():
    own = resolved("HR", tau_prior="half-normal:0.2", important=0.9, null_band=[0.95, 1.05])
    assert own["tau_prior"] == "half-normal:0.2"
    assert own["important"] == pytest.approx(-math.log(0.9))
    assert own["null_band"] == pytest.approx([math.log(0.95), math.log(1.05)])


def test_a_prognostic_question_has_no_size_that_matters_for_treatments():
    room = stage("prognosis", "select")
    settings = {**QUESTION, "kind": "prognosis", **OF_KIND["prognosis"]}
    found = room.asked("q", settings, {**POOLING, **SIZES}, ENDPOINTS).pooling
    assert (found.tau_prior, found.important, found.null_band) == ("bartos2023-hr", None, None)


def test_blocks_of_settings_are_records():
    found = asked(
        biomarker={"name": "marker", "levels": ["yes", "any"]},
        margin={"upper": 1.2, "source": "protocol"},
        choose={"one": [["x", "c"]]},
    )
    assert found.filters.biomarker == BiomarkerFilter(name="marker", levels=("yes", "any"))
    assert found.margin == MarginSetting(upper=1.2, source="protocol")
    assert found.filters.choose == {"one": (("x", "c"),)}


def test_a_variant_is_the_question_with_what_it_changes():
    settings = {"report_policy": "primary", "endpoints": ["PFS", "TTP"]}
    found = asked(variants=[{"id": "v", "label": "V", "settings": settings}])
    (variant,) = found.variants
    assert variant.changes == ("endpoints", "report_policy")
    assert (variant.asked.filters.report_policy, found.filters.report_policy) == (
        "primary",
        "latest",
    )
    assert list(variant.asked.endpoint_names) == ["PFS", "TTP"]
    assert (variant.asked.filters.populations, variant.asked.variants) == (("itt",), ())


@pytest.mark.parametrize(
    "selected",
    [
        run(
            [row("a", n_experimental="50"), row("b", "two", estimate="0.5")],
            margin={"upper": 1.3, "source": "protocol, p < 0.025 ≥ half"},
            moderators=["year"],
            variants=[{"id": "v", "label": "V", "settings": {"report_policy": "primary"}}],
        ),
        run(
            [level("p", "yes"), level("n", "no", estimate="0.5", ci_lower="0.4", ci_upper="0.625")],
            populations=["biomarker-level"],
            multiarm="choose",
            kind="interaction",
            **OF_KIND["interaction"],
        ),
        run_curves([curve("one", "6"), curve("one", "12"), curve("two", "6")]),
    ],
    ids=["comparison", "interaction", "mean_time"],
)
def test_a_selection_is_read_as_it_was_written(selected, tmp_path):
    write_selection(tmp_path, *selected)
    assert selected.trials
    assert read_selection(tmp_path) == tuple(selected)
