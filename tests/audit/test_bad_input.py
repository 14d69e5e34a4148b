"""Every fault of the input is named: file, line, column, value, rule, what to do."""

import pytest
from bad_input_cases import CASES, TTE, Case, append, cell, replace
from bad_settings_cases import CASES as SETTINGS

from trialpool.findings import Finding, InputError, fatal


def test_the_untouched_review_has_no_finding(review, findings_of):
    assert findings_of(review) == []


@pytest.mark.parametrize("case", [*CASES, *SETTINGS], ids=lambda case: case.name)
def test_fault_is_named(case: Case, review, findings_of):
    case.slip(review)
    faults = fatal(findings_of(review))
    place = {(f.rule, f.file, f.line, f.column, f.value): f for f in faults}
    wanted = (case.rule, case.file, case.line, case.column, case.value)
    assert wanted in place, "\n".join(str(fault) for fault in faults)
    fault = place[wanted]
    assert fault.message, "says what is wrong"
    assert fault.remedy, "says what to do"


@pytest.mark.parametrize(
    "case",
    [c for c in CASES if c.column and c.file.endswith(".csv") and not c.rule.startswith("column-")],
    ids=lambda case: case.name,
)
def test_one_slip_is_told_once(case: Case, review, findings_of):
    case.slip(review)
    assert len(fatal(findings_of(review))) == 1


def test_all_faults_of_all_files_are_told_at_once(review, findings_of):
    slips = [
        cell("0.74", "-0.74"),
        replace("data/raw/arms.csv", "empagliflozin;", "emapgliflozin;"),
        replace("config/questions.yaml", "multiarm: choose", "multiarm: chose"),
        append("data/raw/sources.csv", "short"),
    ]
    for slip in slips:
        slip(review)
    rules = {(fault.file, fault.rule) for fault in fatal(findings_of(review))}
    assert {
        ("time_to_event.csv", "ratio-positive"),
        ("arms.csv", "agent-known"),
        ("questions.yaml", "config-enum"),
        ("sources.csv", "row-length"),
    } <= rules


def test_byte_order_mark_and_windows_line_ends_are_read(review, findings_of):
    path = review / TTE
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert findings_of(review) == []


def test_a_cell_is_shown_cut_and_without_control_characters():
    shown = Finding("fatal", "rule", "file", value="a\x1b[31m" + "b" * 500).as_row()["value"]
    assert len(shown) == 80
    assert "\x1b" not in shown


def test_read_evidence_raises_with_every_finding(review):
    import trialpool as tp

    assert len(tp.read_evidence(review / "data/raw")["trials"]) == 4
    cell("0.74", "wide")(review)
    replace("data/raw/arms.csv", "dapa-hf,dapa,", "dapa-hf,dappa,")(review)
    with pytest.raises(InputError) as error:
        tp.read_evidence(review / "data/raw")
    rules = [finding.rule for finding in error.value.findings]
    assert rules.count("arm-known") == 2
    assert "cell-is-ratio" in rules
