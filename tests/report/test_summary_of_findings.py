"""The summary of findings as a table: every number a text, nothing computed in the template."""

import math
from pathlib import Path

import jinja2
import pytest

from trialpool.records.files import from_plain
from trialpool.records.summary.findings import SummaryOfFindings
from trialpool.report.compared import summary as view

TEMPLATES = Path(view.__file__).parents[1] / "templates"
PFS = "progression-free survival"
INPUTS = {
    "risk_of_bias": {"trials": 2, "judged": 0},
    "inconsistency": {
        **{"i2_q": 52.0, "i2_q_ci_lower": 0.0, "i2_q_ci_upper": 88.0, "tau2": 0.01},
        **{"tau2_ci_lower": None, "tau2_ci_upper": None},
        **{"pi_lower": math.log(0.5), "pi_upper": math.log(0.95)},
        "reaches": ["benefit", "little-or-no-difference"],
    },
    "imprecision": {
        "reaches": ["benefit"],
        "information": {
            **{"target": "important", "effect": -math.log(0.8), "alpha": 0.05, "power": 0.9},
            **{"required": 211.0, "reached": 105.5, "fraction": 0.5},
        },
    },
    "indirectness": {
        **{"treatments": ["M, added"], "backgrounds": [["a"], ["a", "b"]]},
        **{"columns": {"line": ["1", "2+"]}, "populations": ["ITT"], "endpoints": ["PFS"]},
    },
}
ABSOLUTE = {
    **{"landmark_months": 12.0, "control_risk": 0.5, "control_risk_source": "control arm of T"},
    **{"control_risk_ci_lower": None, "control_risk_ci_upper": None, "control_risks": []},
    "treatment_risk": {"estimate": 0.4257, "ci_lower": 0.35, "ci_upper": 0.52},
    "per_1000": {"estimate": -74.3, "ci_lower": -150.0, "ci_upper": 20.0},
    "number_needed": {
        "estimate": {"value": 14, "to": "benefit"},
        "best": {"value": 7, "to": "benefit"},
        "worst": {"value": 50, "to": "harm"},
        "through_infinity": True,
    },
    **{"median_gain": None, "assumptions": ["control risk taken as fixed"]},
}
OUTCOME = {
    **{"question": "pfs", "title": "Q", "endpoints": ["PFS"], "names": [PFS], "measure": "HR"},
    "endpoint_events": {"PFS": "progressions or deaths"},
    **{"benefit": "lower", "level": 0.95, "group": "G", "estimate": math.log(0.8)},
    **{"ci_lower": math.log(0.62), "ci_upper": math.log(1.04), "k": 2, "trials": ["t", "u"]},
    **{"row_ids": ["r", "s"], "n": 800, "n_is_minimum": True, "events": None},
    **{"absolute": ABSOLUTE, "inputs": INPUTS},
    "medians": [{"label": "T", "experimental": "9.6", "control": "NR", "unit": "months"}],
}
NOTHING = {
    **OUTCOME,
    **{"group": "", "estimate": None, "ci_lower": None, "ci_upper": None, "k": 0, "trials": []},
    **{"row_ids": [], "n": None, "absolute": None, "inputs": None, "medians": []},
    "not_pooled": [
        {
            **{"trial_id": "v", "label": "<i>V</i>", "row_ids": ["v1"]},
            **{"printed": ["HR 0.66, p .02"], "reasons": ["no interval"]},
        }
    ],
}


def table(*outcomes):
    plain = {"comparison": "c", "label": "C", "setting": "", "outcomes": list(outcomes)}
    return view.findings_table(from_plain(plain, SummaryOfFindings))


def html(*outcomes) -> str:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
    )
    template = environment.get_template("summary_of_findings.html.j2")
    return template.render(table=table(*outcomes), link=lambda question: f"{question}.html")


def test_numbers_are_printed_in_1000_patients():
    (row,) = table(OUTCOME).rows
    assert (row.control, row.treatment) == ("500", "426 [350 to 520]")
    assert row.counted == "progressions or deaths by 12 months"
    assert row.difference == "74 fewer (150 fewer to 20 more)"
    # The interval holds no difference.
    assert row.needed == "NNTB 14 (7 to ∞ to NNTH 50)"
    assert (row.measure, row.effect) == ("HR", "0.80 [0.62 to 1.04]")
    assert (row.trials, row.patients) == ("2", "≥ 800")
    assert row.medians == ("T: 9.6 v NR months",)
    assert row.source == "control arm of T; control risk taken as fixed"


def test_a_control_risk_of_others_shows_its_interval():
    limits = {"control_risk_ci_lower": 0.45, "control_risk_ci_upper": 0.55}
    (row,) = table({**OUTCOME, "absolute": {**ABSOLUTE, **limits}}).rows
    assert row.control == "500 [450 to 550]"


def test_what_the_certainty_rests_on_is_said_by_domain():
    (row,) = table(OUTCOME).rows
    assert dict(row.inputs) == {
        "risk of bias": "not judged",
        "inconsistency": (
            "I² 52% [0% to 88%]; prediction interval 0.50 to 0.95: "
            "benefit and little or no difference"
        ),
        "indirectness": "line: 1 or 2+; on both sides: a; or a + b",
        "imprecision": (
            "the interval holds benefit alone; optimal information size not reached: "
            "50% of that for HR 0.80 (power 90%)"
        ),
        "publication bias": "no known result is left out of the pool",
    }


def test_judged_trials_are_counted_with_their_weight():
    judged = {"trials": 3, "judged": 2, "tools": ["RoB 2"]}
    judged |= {"overall": {"low": 1, "high": 1}, "weights": {"low": 0.5, "high": 0.2}}
    (row,) = table({**OUTCOME, "inputs": {**INPUTS, "risk_of_bias": judged}}).rows
    assert dict(row.inputs)["risk of bias"] == (
        "2 of 3 trials judged by RoB 2: 1 low (50% of the weight), 1 high (20% of the weight)"
    )


def test_not_judged_and_judged():
    assert "<strong>not judged</strong>" in html(OUTCOME)
    base = {"comparison": "c", "question": "pfs", "by": "A & B", "date": "2025-06-30"}
    judgements = [
        {**base, "domain": "imprecision", "judgement": "serious", "reason": "few events"},
        {**base, "domain": "overall", "judgement": "moderate", "reason": "<b>one</b> down"},
    ]
    text = html({**OUTCOME, "judgements": judgements})
    assert "<strong>moderate</strong>" in text
    assert "not judged</strong>" not in text
    # Who and when, inert, the certainty itself first.
    assert (
        "<dt>certainty: moderate</dt><dd>&lt;b&gt;one&lt;/b&gt; down (A &amp; B, 2025-06-30)"
        in text
    )
    assert text.index("certainty: moderate") < text.index("imprecision: serious")


def test_what_cannot_be_pooled_stands_with_its_numbers():
    (row,) = table(NOTHING).rows
    assert (row.effect, row.measure, row.patients) == ("no result could be pooled", "", "")
    assert (row.control, row.counted, row.source) == ("–", "", "")
    text = html(OUTCOME, NOTHING)
    assert "not pooled: &lt;i&gt;V&lt;/i&gt;</dt><dd>HR 0.66, p .02; no interval" in text


def test_outcomes_of_one_name_are_told_apart_by_their_question():
    first, second = table(OUTCOME, {**OUTCOME, "question": "brain", "title": "In the brain"}).rows
    assert (first.title, second.title) == ("Q", "In the brain")
    assert table(OUTCOME).rows[0].title == ""


@pytest.mark.parametrize("medians", [True, False])
def test_every_row_has_as_many_cells_as_there_are_columns(medians):
    one = OUTCOME if medians else {**OUTCOME, "medians": []}
    text = html(one)
    head = text[text.index("<thead>") : text.index("</thead>")]
    assert head.count("<th ") == table(one).columns == text.count("data-label=") + 1
    assert f'colspan="{table(one).columns}"' in text


def test_without_an_outcome_there_is_no_table():
    assert table() is None
