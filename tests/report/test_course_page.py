"""Sentences and tables of the course over time, and of curves beside printed numbers."""

from __future__ import annotations

import math

import pytest

from trialpool.effects.agreement import AGREEMENT_COLUMNS, FAR, NEAR
from trialpool.report.agreement import prepare_agreement
from trialpool.report.course import prepare_course
from trialpool.report.methods_course import course
from trialpool.report.svg import SharedStyles
from trialpool.report.wording import Citations

POOL = {"measure": "HR", "scale": "log", "k": 1, "p_value": 0.5, "tau2": None,
        "primary_model": "single-trial", "models": {}, "trials": [], "left_out": []}  # fmt: skip


def pool(hr: float, se: float = 0.1, **more):
    y = math.log(hr)
    return {**POOL, "estimate": y, "se": se, "ci_lower": y - 1.96 * se, "ci_upper": y + 1.96 * se,
            **more}  # fmt: skip


def arm(*survival: float):
    return [
        {"months": 6.0 * (i + 1), "survival": s, "ci_lower": s - 0.05, "ci_upper": s + 0.04,
         "tau2": 0.0, "k": 1}
        for i, s in enumerate(survival)
    ]  # fmt: skip


def record(**changes):
    entry = {
        "group": "A added", "k": 1, "data": "landmarks", "trials": ["ONE"], "note": "",
        "pooled": True,
        "arms": {"experimental": arm(0.9, 0.7, 0.5), "control": arm(0.8, 0.65, 0.48)},
        "whole": pool(0.8),
        "intervals": [pool(0.5, start=0.0, end=6.0), pool(1.0, start=6.0, end=12.0),
                      pool(1.1, start=12.0, end=18.0)],
        "early": pool(0.5, start=0.0, end=6.0), "late": pool(1.0, start=6.0, end=18.0),
        "change": pool(2.0, 0.15, measure="RHR"), "not_proportional": [],
    }  # fmt: skip
    group = {"label": "A added", "k": 1, "primary_model": "single-trial", "models": {},
             "estimate": 0.9, "ci_lower": 0.4, "ci_upper": 1.4}  # fmt: skip
    return {
        "id": "q", "title": "Months", "measure": "RMSTD", "endpoints": ["PFS"],
        "endpoint_names": {"PFS": "progression-free survival"},
        "arm_names": {"experimental": "experimental", "control": "control"},
        "settings": {"level": 0.95, "horizon_months": 12}, "groups": [group],
        "curves": [entry | changes],
    }  # fmt: skip


def words(**changes) -> str:
    (group,) = prepare_course(record(**changes), None, SharedStyles()).groups
    return " ".join(group.sentences)


def test_a_change_is_said_with_its_numbers():
    text = words()
    assert "over the whole follow-up is 0.80 [0.66 to 0.97]; up to month 6 it is 0.50" in text
    assert "(late over early 2.00 [1.49 to 2.68])" in text
    assert "The effect changes with time: a benefit early, none shown later." in text
    assert "farthest apart at month 6: 90.0% against 80.0%; at month 18, the last landmark" in text
    assert "up to month 12: a difference of 0.90 [0.40 to 1.40] months." in text


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"change": pool(1.1)}, "That the effect changes with time is not shown."),
        (
            {"change": pool(1.1), "not_proportional": [{"trial": "ONE", "p_value": 0.003}]},
            "The test of proportional hazards fails (ONE, p = 0.003)",
        ),
        (
            {"early": pool(0.5, start=0.0, end=6.0), "late": pool(1.6, start=6.0, end=18.0)},
            "early and late lie on opposite sides of 1",
        ),
        (
            {
                "early": pool(1.0, start=0.0, end=6.0),
                "late": pool(0.5, start=6.0, end=18.0),
                "change": pool(0.5),
            },
            "none shown early, a benefit later",
        ),
        ({"whole": pool(0.95)}, "hides fewer progressions or deaths with the experimental"),
        (
            {"pooled": False},
            "Known to month 18 only, short of the horizon: not in the pools above.",
        ),
        ({"note": "two comparisons share"}, "Not pooled: two comparisons share."),
    ],
)
def test_each_rule_has_its_sentence(changes, expected):
    assert expected in words(**changes)


def test_proportional_hazards_are_not_said_to_fail_and_nothing_is_hidden_then():
    text = words(change=pool(1.1), whole=pool(0.7))
    assert "not proportional" not in text
    assert "hides" not in text


def test_of_several_trials_the_common_effect_is_quoted():
    models = {"common-effect": pool(0.6), "hk-adhoc": pool(0.62, 0.9)}
    several = pool(0.62, 0.9, k=2, primary_model=None, models=models)
    text = words(k=2, whole=several)
    assert "whole follow-up is 0.60 [0.49 to 0.73] (common effect)" in text
    section = prepare_course(record(k=2, whole=several), None, SharedStyles())
    whole = section.ratios[-1]
    assert [name for _, name in whole.models] == ["common effect", "random effects, HK with floor"]


def test_months_that_depend_on_the_model_say_so():
    common = {"estimate": 0.53, "ci_lower": 0.13, "ci_upper": 0.93}
    wide = {"estimate": 0.60, "ci_lower": -4.95, "ci_upper": 6.14}

    def text(random: dict[str, float]) -> str:
        asked = record()
        (group,) = asked["groups"]
        group.update(k=2, primary_model=None, models={"common-effect": common, "hk-adhoc": random})
        (shown,) = prepare_course(asked, None, SharedStyles()).groups
        return shown.sentences[-1]

    assert text(wide).endswith(
        "a difference of 0.53 [0.13 to 0.93] months, common effect; random effects 0.60 "
        "[−4.95 to 6.14], so it depends on the model."
    )
    assert text(common).endswith("a difference of 0.53 [0.13 to 0.93] months, common effect.")


def test_tables_hold_every_interval_and_landmark():
    section = prepare_course(record(), None, SharedStyles())
    assert [row.months for row in section.ratios] == [
        "0 to 6", "6 to 12", "12 to 18", "early: 0 to 6", "late: 6 to 18", "late over early",
        "whole follow-up",
    ]  # fmt: skip
    assert section.survival[0].experimental == "90.0 [85.0 to 94.0]"
    assert prepare_course({"id": "q"}, None, SharedStyles()) is None


def agreement_row(**cells: str) -> dict[str, str]:
    return dict.fromkeys(AGREEMENT_COLUMNS, "") | {
        "trial_id": "one", "experimental_arm": "x", "control_arm": "c", "endpoint": "PFS",
        "trial": "ONE", "experimental": "new", "control": "old",
        "row_id": "one.pfs.t01", "same_report": "yes", "hr": "0.62", "hr_ci_lower": "0.51",
        "hr_ci_upper": "0.75", "curve_hr": "0.667", "curve_ci_lower": "0.57",
        "curve_ci_upper": "0.79", "gap_in_se": "0.8", "ph_p_value": "0.04261",
        "median_experimental": "18.5", "median_control": "12.4",
        "curve_median_experimental": "19.03", "verdict": FAR,
    } | cells  # fmt: skip


def test_curves_beside_what_was_printed():
    near = agreement_row(row_id="one.pfs.t02", verdict=NEAR, gap_in_se="0.1", ph_p_value="0.04261")
    made = agreement_row(trial_id="two", verdict=NEAR, ph_p_value="0.4",
                         curve_error_experimental="0.0123", at_risk_error_control="2",
                         reconstruction_notes="", notes="x: levelled")  # fmt: skip
    section = prepare_agreement([agreement_row(), near, made])
    assert (section.far, section.contrasts, section.not_proportional) == ("1", "2", "1")
    first, _, third = section.rows
    assert first.printed == "0.62 [0.51 to 0.75]"
    assert first.curve == "0.67 [0.57 to 0.79]"
    assert (first.medians, first.curve_medians) == ("18.50 / 12.40", "19.03 / –")
    assert first.hazards == "not proportional, p = 0.043"
    assert (first.trial, first.arms) == ("ONE, PFS", "new against old")
    assert first.report == "same article"
    assert third.quality == "1.2 points from the curve; 2 from the numbers at risk; x: levelled"
    assert prepare_agreement([]) is None


def test_methods_tell_of_the_data_at_hand():
    (text,) = course([record()], Citations())
    assert "Where survival and its standard error" in text
    assert "individual data" not in text
    (text,) = course([record(data="individual")], Citations())
    assert "Cox model among those still followed" in text
    assert course([{"id": "q"}], Citations()) == []
