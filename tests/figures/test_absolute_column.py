"""The column of absolute effects, and what reports print, in the texts of a forest plot."""

from __future__ import annotations

from typing import Any

import pytest
import sample_records

from trialpool.figures.api import forest
from trialpool.report.tables import trial_rows


def interval(estimate: float, lower: float, upper: float) -> dict[str, float]:
    return {"estimate": estimate, "ci_lower": lower, "ci_upper": upper}


ABSOLUTE: dict[str, Any] = {
    **{"landmark_months": 12.0, "control_risk": 0.5, "control_risk_ci_lower": None},
    **{"control_risk_ci_upper": None, "control_risk_source": "a control arm", "control_risks": []},
    "treatment_risk": interval(0.43, 0.36, 0.5),
    "per_1000": interval(-74.3, -141.7, 0.0),
    "number_needed": {
        "estimate": {"value": 14, "to": "benefit"},
        "best": {"value": 8, "to": "benefit"},
        "worst": {"value": None, "to": "benefit"},
        "through_infinity": False,
    },
    **{"median_gain": None, "assumptions": ["control risk taken as fixed"]},
}
# TEACH prints 0.83 (0.70 to 1.00); the symmetric interval ends at 0.69 and 0.99.
PRINTED = {"estimate": "0.83", "ci_lower": "0.70", "ci_upper": "1.00", "ci_level": "95"}
TEACH = {"estimate": -0.18633, "ci_lower": -0.36466, "ci_upper": -0.00799, "se": 0.091}


def record(absolute: dict[str, Any] | None = ABSOLUTE, **printed: str) -> Any:
    group = {"absolute": absolute} if absolute else {}
    return sample_records.result(trials=[{**TEACH, "printed": PRINTED | printed}], groups=[group])


def texts(drawn: Any) -> dict[str, str]:
    (row,) = [row for row in drawn.table.rows if row.kind == "trial"]
    return {"effect": row.effect, "parts": " ".join(row.effect_parts), **dict(row.extra)}


def test_a_trial_alone_in_its_group_has_its_absolute_effect_on_its_row():
    drawn = forest(record(), columns_right=["effect", "absolute"])
    assert texts(drawn)["absolute"] == "74 fewer (0 to 142 fewer)"
    assert dict(drawn.table.heads.extra)["absolute"] == ("Per 1,000 at 12 months",)
    assert "absolute" not in texts(forest(record()))


def test_the_column_is_refused_where_no_group_has_a_control_risk():
    with pytest.raises(ValueError, match="no trial has absolute"):
        forest(record(None), columns_right=["effect", "absolute"])


def test_the_printed_interval_is_shown_and_the_analysed_one_stands_in_the_details():
    shown = texts(forest(record()))
    assert shown["effect"] == "0.83 [0.70 to 1.00]"
    assert shown["parts"] == "0.83 [0.70 to 1.00]"
    ((_, (row,)),) = trial_rows(record())
    assert row.effect == "0.83 [0.70 to 1.00]"
    assert row.inputs[-1] == ("analysed", "0.83 [0.69 to 0.99]")


def test_an_interval_of_another_level_is_shown_as_analysed():
    """PRECIOUS prints 90 %: beside a head that says 95 % its limits would mislead."""
    assert texts(forest(record(ci_level="90")))["effect"] == "0.83 [0.69 to 0.99]"
    # A level that is not printed is taken as 95, as in the analysis.
    assert texts(forest(record(ci_level="")))["effect"] == "0.83 [0.70 to 1.00]"


def test_presets_print_the_same_digits_in_their_style():
    assert texts(forest(record(), preset="lancet"))["effect"] == "0·83 (0·70–1·00)"
