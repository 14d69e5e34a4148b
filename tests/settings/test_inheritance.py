"""Questions that are like others: what they take over, and where a fault is said to stand."""

from __future__ import annotations

import pytest
from question_files import BASE, child, read

from trialpool.audit.configuration.questions import check_questions
from trialpool.audit.context import AuditContext
from trialpool.evidence.tables import read_tables
from trialpool.settings import load_settings


def resolved(folder, text, name="child"):
    questions, _, findings = read(folder, text)
    assert findings == []
    return questions[name]


def line_of(text, words):
    """Line on which words stand for the first time, the first being 1."""
    return next(n for n, line in enumerate(text.splitlines(), 1) if words in line)


def test_everything_but_words_of_its_own_is_taken_over(tmp_path):
    questions, _, findings = read(tmp_path, BASE + child(""))
    assert findings == []
    own = {"title": "Child", "question": "What of the child?"}
    base = questions["base"]
    assert questions["child"] == {
        **{k: v for k, v in base.items() if k not in ("comment", "beside")},
        **own,
    }


def test_a_setting_is_replaced_whole_and_a_block_of_names_key_by_key(tmp_path):
    changed = """\
  endpoints: [PFS]
  trials: {line: ["2"], setting: [late]}
  arm_names: {experimental: drug, control: placebo}
  variants: []
  exclude_rows: {a.2: another trial}
"""
    question = resolved(tmp_path, BASE + child(changed))
    assert question["endpoints"] == ["PFS"]
    assert list(question["trials"].items()) == [
        ("design", ["rct"]),
        ("line", ["2"]),
        ("setting", ["late"]),
    ]
    assert question["arm_names"] == {"experimental": "drug", "control": "placebo"}
    assert question["variants"] == []
    assert question["exclude_rows"] == {"a.1": "misprint", "a.2": "another trial"}


def test_a_block_with_keys_of_its_own_is_one_statement(tmp_path):
    """Half of the names of two arms would be nobody's statement."""
    text = BASE + child("  arm_names: {experimental: drug}\n")
    _, _, (fault,) = read(tmp_path, text)
    assert (fault.row_id, fault.column) == ("child", "arm_names")
    assert "'control' is missing" in fault.message
    assert fault.line == line_of(text, "{experimental: drug}")


def test_null_takes_away_what_was_taken_over(tmp_path):
    question = resolved(tmp_path, BASE + child("  variants: null\n  trials: {line: null}\n"))
    assert "variants" not in question
    assert question["trials"] == {"design": ["rct"]}


def test_null_is_a_value_of_overall(tmp_path):
    pooled = BASE.replace("overall: null", "overall: pooled")
    question = resolved(tmp_path, pooled + child("  overall: null\n"))
    assert question["overall"] is None


@pytest.mark.parametrize("settings", ["  moderators: null\n", "  trials: {country: null}\n"])
def test_null_of_what_is_not_there_is_a_fault(tmp_path, settings):
    _, _, findings = read(tmp_path, BASE + child(settings))
    assert [fault.rule for fault in findings] == ["config-type"]
    assert "is empty" in findings[0].message


def test_chains_and_templates(tmp_path):
    template = BASE.replace("base:", "_base:", 1)
    middle = child("  trials: {line: null}\n  measure: HR\n", "_base", "middle")
    last = child("  trials: {setting: [late]}\n", "middle", "last")
    # The order in the file is free.
    questions, origins, findings = read(tmp_path, last + middle + template)
    assert findings == []
    assert list(questions) == ["last", "middle"]
    assert questions["last"]["trials"] == {"design": ["rct"], "setting": ["late"]}
    places = {"trials.design": "_base", "trials.setting": "last", "measure": "middle"}
    assert {place: origins.owner("last", place) for place in places} == places


def test_templates_alone_ask_nothing(tmp_path):
    _, _, (fault,) = read(tmp_path, BASE.replace("base:", "_base:", 1))
    assert "nothing is asked" in fault.message


def test_an_unknown_parent_is_named_with_those_near(tmp_path):
    text = BASE + child("", "bose")
    _, _, findings = read(tmp_path, text)
    fault = findings[0]
    assert (fault.rule, fault.row_id, fault.value) == ("config-like", "child", "bose")
    assert "base" in fault.message
    assert fault.line == line_of(text, "like: bose")


@pytest.mark.parametrize("circle", [["a"], ["a", "b"], ["a", "b", "c"]])
def test_a_circle_is_told_once(tmp_path, circle):
    around = [*circle[1:], circle[0]]
    questions = "".join(child("", after, name) for name, after in zip(circle, around, strict=True))
    # A question that only leads into the circle is not a part of it.
    _, _, findings = read(tmp_path, questions + child("", "a", "outside"))
    (fault,) = [fault for fault in findings if fault.rule == "config-like-circle"]
    assert " → ".join([*circle, "a"]) in fault.message
    assert fault.row_id == "a"


def test_a_fault_that_is_taken_over_names_the_line_of_the_parent_once(tmp_path):
    wrong = BASE.replace("multiarm: choose", "multiarm: chose").replace("base:", "_base:", 1)
    text = wrong + child("", "_base", "one") + child("", "_base", "two")
    _, _, (fault,) = read(tmp_path, text)
    assert fault.line == line_of(text, "multiarm: chose")
    assert (fault.row_id, fault.column, fault.value) == ("one", "multiarm", "chose")
    assert fault.message.startswith("must be one of 'choose', 'gls'")
    assert "taken over from '_base'" in fault.message
    assert "the same in two" in fault.message


def test_what_is_missing_names_the_question(tmp_path):
    text = BASE + child("  populations: null\n")
    _, _, (fault,) = read(tmp_path, text)
    assert "'populations' is missing" in fault.message
    assert (fault.row_id, fault.line) == ("child", line_of(text, "child:"))


def test_findings_of_the_audit_name_the_line_of_the_parent(review):
    """A filter and an endpoint that one question wrote and another took over."""
    path = review / "config" / "questions.yaml"
    text = path.read_text(encoding="utf-8")
    text = text.replace("endpoints: [CVD-HHF]", "endpoints: [CVD-HFH]")
    text = text.replace("ejection_fraction: [reduced, preserved]", "ejection: [reduced]")
    text += child('  trials: {cohort: ["1"]}\n', "worsening")
    path.write_text(text, encoding="utf-8")
    settings, faults = load_settings(review / "config" / "config.yaml", review)
    assert faults == []
    evidence, _ = read_tables(settings.path("raw"), settings.tables)
    context = AuditContext(evidence, settings)
    found = {
        (f.row_id, f.column): (f.line, "taken over from 'worsening'" in f.message)
        for f in check_questions(context)
    }
    endpoints, trials = line_of(text, "CVD-HFH"), line_of(text, "ejection:")
    assert found == {
        ("worsening", "endpoints"): (endpoints, False),
        ("worsening", "trials.ejection"): (trials, False),
        ("child", "endpoints"): (endpoints, True),
        ("child", "trials.ejection"): (trials, True),
        ("child", "trials.cohort"): (line_of(text, "cohort:"), False),
    }


def test_a_fault_of_a_variant_stands_at_the_variant(review):
    path = review / "config" / "questions.yaml"
    text = path.read_text(encoding="utf-8") + (
        "  variants:\n"
        "    - {id: fine, label: Fine, settings: {report_policy: primary}}\n"
        "    - {id: wrong, label: Wrong, settings: {endpoints: [DVC]}}\n"
    )
    path.write_text(text, encoding="utf-8")
    settings, _ = load_settings(review / "config" / "config.yaml", review)
    evidence, _ = read_tables(settings.path("raw"), settings.tables)
    (fault,) = check_questions(AuditContext(evidence, settings))
    assert fault.column == "variants.1.settings.endpoints"
    assert fault.line == line_of(text, "DVC")
