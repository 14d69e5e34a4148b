"""A question as it is asked: settings with every default, and what another policy changes."""

import pytest
from small_tables import POOLING, QUESTION, row, run
from test_restricted_means import curve
from test_restricted_means import run as run_curves

from trialpool.measures import ENDPOINTS
from trialpool.questions.registry import KINDS, record_class, stage
from trialpool.questions.shared.selection.files import read_selection, write_selection
from trialpool.records.settings import BiomarkerFilter, MarginSetting, TauPrior

OF_KIND = {
    "mean_time": {"measure": "RMSTD", "table": "reconstructed_survival", "horizon_months": 24},
    "interaction": {
        "measure": "RHR",
        "interaction": {
            "biomarkers": {"marker": {"positive": ["positive"], "negative": ["no"]}},
            "labels": {"positive": "with", "negative": "without"},
        },
    },
    "prognosis": {"prognostic": {"biomarker": "marker", "levels": ["yes", "no"]}},
    "proportion": {"measure": "PLO", "table": "responses", "single_arm": {}},
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
    assert found.tau_prior == TauPrior(prior="half-normal", scale=0.25, sensitivity=0.5)
    assert (found.tau2, found.level, found.primary_from_k) == ("REML", 0.95, 5)


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
