"""Which arms a question on single arms takes, on small tables."""

from small_tables import TAXONOMY, frame, reasons, select, used

from trialpool.effects.derive import derive_effects
from trialpool.evidence.tables import Evidence
from trialpool.questions.shared.selection.library import Library


def arm(row_id, trial_id="one", **cells):
    plain = {"row_id": row_id, "trial_id": trial_id, "arm_id": "x", "endpoint": "ORR"}
    counts = {"events": "8", "n": "20", "source_id": "s2020", "extraction": "double"}
    return plain | counts | cells


def chosen(
    rows, taxonomy=None, agents="drug", designs=("single-arm",), agents_wanted=(), **single_arm
):
    """Ask for the response of arms in small tables; rows used, and the reason of each other."""
    ids = sorted({row["trial_id"] for row in rows})
    tables = {
        "trials": [{"trial_id": t, "trial": t.upper(), "design": "single-arm"} for t in ids],
        "arms": [
            {"trial_id": t, "arm_id": "x", "agents": agents, "role": "experimental"} for t in ids
        ],
        "sources": [
            {"source_id": "s2020", "year": "2020", "kind": "article"},
            {"source_id": "s2021", "year": "2021", "kind": "abstract"},
        ],
        "responses": rows,
    }
    evidence = Evidence({name: frame(name, found) for name, found in tables.items()})
    words = {
        "response_definitions": {
            "ORR": {
                "": {**dict.fromkeys(("assessor", "confirmed"), "not stated"), "scope": "systemic"}
            }
        },
        **(taxonomy or {}),
    }
    library = Library(evidence, derive_effects(evidence), TAXONOMY | words, {})
    settings = {
        **{"title": "t", "question": "q", "kind": "proportion", "table": "responses"},
        **{"measure": "PLO", "endpoints": ["ORR"], "trials": {"design": list(designs)}},
        **{"definitions": ["systemic, reader not stated"], "report_policy": "surest-count"},
        **{"overall": None, "overall_reason": "none"},
        "single_arm": {"agents": agents_wanted, **single_arm},
    }
    found = select(library, settings)
    return used(found), reasons(found)


def test_a_level_that_the_trial_enrolled_alone_is_its_whole():
    rows = [arm("r", biomarker="mark", biomarker_level="yes")]
    assert chosen(rows) == ([], {"r": "patients with marker positive only"})
    # The taxonomy and the row spell marker and level differently.
    enrolled = {"enrolled_levels": {"one": {"marker": "positive"}}}
    assert chosen(rows, enrolled) == (["r"], {})


def test_a_cohort_is_no_single_arm_trial():
    cohort = {"designs_cohort": {"two": "retrospective"}}
    ids, why = chosen([arm("a"), arm("b", "two")], cohort)
    assert ids == ["a"]
    assert why == {"b": "design is cohort, the question asks for single-arm"}
    assert chosen([arm("b", "two")], cohort, designs=["cohort"]) == (["b"], {})


def test_a_drug_alone_is_not_with_another():
    with_care = chosen([arm("r")], agents="drug; care", agents_wanted=["drug"])
    assert with_care == (["r"], {})
    ids, why = chosen([arm("r")], agents="drug; care", agents_wanted=["drug"], alone=True)
    assert (ids, why) == ([], {"r": "drug alone is asked for, the arm has care too"})
    assert chosen([arm("r")], agents_wanted=["drug"], alone=True) == (["r"], {})


def test_rates_that_a_model_predicts_are_never_counted():
    modelled = {"responses_not_counts": {"one": "a predicted rate"}}
    assert chosen([arm("r")], modelled) == ([], {"r": "a predicted rate"})


def test_of_two_reports_of_an_arm_the_article_of_the_same_patients_is_used():
    rows = [arm("a", source_id="s2021"), arm("b", events="9")]
    ids, why = chosen(rows)
    assert ids == ["b"]
    assert why == {"a": "b is preferred: article before abstract of the same analysis"}
    ids, why = chosen([arm("a", source_id="s2021", n="24"), arm("b")])
    assert (ids, why) == (["a"], {"b": "a is preferred: report of 2021 before 2020"})
