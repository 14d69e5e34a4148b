"""The figure of the course over time: curves and ratios stand where their numbers are."""

from __future__ import annotations

import itertools
import math

import msgspec
import pytest
from forest_records import record, trial
from plain_records import Json, made

from trialpool.figures.plots.drawing.scene import overlap
from trialpool.questions.mean_time.course_plot import course_plot

RATIO: Json = {
    **{"measure": "HR", "scale": "log", "k": 1, "p_value": 0.5, "tau2": None},
    **{"primary_model": "single-trial", "models": {}, "trials": [], "left_out": []},
}
SURVIVAL = {"experimental": (0.9, 0.7, 0.5), "control": (0.8, 0.65, 0.48)}


def ratio(hr: float, **more: float) -> Json:
    y, half = math.log(hr), 1.96 * 0.1
    return {**RATIO, "estimate": y, "se": 0.1, "ci_lower": y - half, "ci_upper": y + half, **more}


def arm(survival: tuple[float, ...]) -> list[Json]:
    return [
        {"months": 6.0 * (i + 1), "survival": s, "ci_lower": s - 0.05, "ci_upper": s + 0.04,
         "tau2": 0.0, "k": 1}
        for i, s in enumerate(survival)
    ]  # fmt: skip


def course(**changes: object) -> Json:
    return {
        **{"group": "A added", "k": 1, "data": "landmarks", "trials": ["ONE"], "note": ""},
        **{"pooled": True, "arms": {side: arm(s) for side, s in SURVIVAL.items()}},
        **{"whole": ratio(0.8), "early": None, "late": None, "change": None},
        "intervals": [ratio(0.5, start=0.0, end=6.0), ratio(1.0, start=6.0, end=12.0),
                      ratio(1.1, start=12.0, end=18.0)],
        **{"not_proportional": [], **changes},
    }  # fmt: skip


def result(*courses: Json):
    of_trial = trial("ONE", 2020, "A added", "a added", (0.9, 0.4, 1.4), log=False)
    curve = {
        **dict.fromkeys(("log_hr", "log_hr_se", "ph_p_value", "survival_difference"), None),
        **{"survival_difference_se": None, "individual": False, "landmarks": []},
        "patients": {"experimental": 100, "control": 100},
    }
    plain = record("q", "Months", [{**of_trial, "curve": curve}], measure="RMSTD")
    plain["settings"]["horizon_months"] = 12.0
    plain |= {"endpoints": ["PFS"], "endpoint_names": {"PFS": "progression-free survival"}}
    return made({**plain, "kind": "mean_time", "curves": list(courses)})


def test_the_figure_puts_curves_and_ratios_where_their_numbers_are():
    drawn = course_plot(result(course()))
    for side, survival in SURVIVAL.items():
        (curve,) = [s for s in drawn.geometry.of("curve") if s.label == f"A added: {side}"]
        assert curve.values[1::2] == pytest.approx((1.0, *survival))
        frame = drawn.geometry.frames[0]
        assert curve.points[1] == pytest.approx(frame.at(6.0, survival[0]))
    intervals = drawn.geometry.of("interval")
    assert len(intervals) == 4
    right = drawn.geometry.frames[1]
    assert intervals[0].points[0][0] == pytest.approx(right.x(math.log(0.5) - 0.196))
    for text in drawn.geometry.texts:
        left, top, end, bottom = text.box
        assert min(left, top) >= 0
        assert end <= drawn.geometry.width
        assert bottom <= drawn.geometry.height
    shown = [row for row in drawn.rows if row[1] == "hazard ratio"]
    assert [row[4] for row in shown] == [6.0, 12.0, 18.0, None]
    assert drawn.id == "q-curves"
    pairs = itertools.combinations(drawn.geometry.texts, 2)
    assert [a.text for a, b in pairs if overlap(a.box, b.box)] == []
    with pytest.raises(ValueError, match="too narrow"):
        course_plot(result(course()), width_mm=70)


def test_an_interval_without_events_and_a_record_without_curves_are_drawn():
    none = dict.fromkeys(("estimate", "se", "ci_lower", "ci_upper"))
    empty = {**RATIO, **none, "k": 0, "start": 12.0, "end": 18.0}
    built = result(course(intervals=[*course()["intervals"][:2], empty]))

    texts = [text.text for text in course_plot(built).geometry.texts]
    assert "no event in an arm" in texts
    nothing = msgspec.structs.replace(built, curves=())
    assert "No group has curves" in course_plot(nothing).alt
