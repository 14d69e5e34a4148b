"""Accepted findings: shown with their reason, and lapsing when what was printed changes."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from trialpool.audit.acceptance import accept
from trialpool.findings import Finding
from trialpool.settings import load_settings

PRINTED = {"estimate": "1.34", "ci_lower": "0.95", "ci_upper": "1.64"}
FOUND = Finding("warning", "interval-symmetric", "t.csv", 2, "a.os", "estimate", printed=PRINTED)
ENTRY = {
    "rule": "interval-symmetric",
    "row_id": "a.os",
    "printed": PRINTED,
    "reason": "profile likelihood, said in the methods",
}


def test_an_accepted_warning_is_no_longer_one():
    (finding,) = accept([FOUND], [{**ENTRY, "by": "two readers", "when": "May"}])
    assert finding.level == "accepted"
    assert finding.accepted == "profile likelihood, said in the methods (two readers, May)"


@pytest.mark.parametrize(
    ("use", "level"), [(None, "unusable"), (False, "unusable"), (True, "accepted")]
)
def test_an_unusable_row_enters_only_where_the_entry_says_so(use, level):
    entry = ENTRY if use is None else {**ENTRY, "use": use}
    (finding,) = accept([replace(FOUND, level="unusable")], [entry])
    assert finding.level == level
    assert finding.accepted == ENTRY["reason"]


def test_a_fatal_finding_is_never_accepted():
    fatal, warning = accept([replace(FOUND, level="fatal")], [{**ENTRY, "use": True}])
    assert (fatal.level, fatal.accepted) == ("fatal", "")
    assert (warning.level, warning.rule) == ("warning", "accepted-finding-applies")
    assert "fatal" in warning.message


@pytest.mark.parametrize("column", PRINTED)
def test_an_entry_lapses_when_a_printed_number_changes(column):
    now = replace(FOUND, printed={**PRINTED, column: "1.43"})
    finding, warning = accept([now], [ENTRY])
    assert (finding.level, finding.accepted) == ("warning", "")
    assert warning.rule == "accepted-finding-applies"
    assert f"{column} 1.43" in warning.message


def test_an_entry_must_name_every_number_that_the_finding_rests_on():
    finding, warning = accept([FOUND], [{**ENTRY, "printed": {"estimate": "1.34"}}])
    assert finding.level == "warning"
    assert warning.rule == "accepted-finding-applies"


def test_an_entry_about_nothing_is_a_warning():
    (warning,) = accept([], [ENTRY])
    assert (warning.level, warning.row_id) == ("warning", "a.os")


def add_entries(review: Path, text: str) -> None:
    config = review / "config" / "config.yaml"
    config.write_text(
        config.read_text(encoding="utf-8").replace(
            "paths:\n", "paths:\n  accepted_findings: config/accepted.yaml\n", 1
        ),
        encoding="utf-8",
    )
    (review / "config" / "accepted.yaml").write_text(text, encoding="utf-8")


SLIP = """accepted:
  - rule: nct-form
    row_id: dapa-hf
    printed: {nct: "NCT0303612"}
    reason: printed so in the registry's own letter
"""


def test_the_file_is_read_with_the_review(review, findings_of):
    trials = review / "data" / "raw" / "trials.csv"
    text = trials.read_text(encoding="utf-8")
    number = next(word for word in text.split(",") if word.startswith("NCT"))
    row_id = next(line for line in text.splitlines() if number in line).split(",")[0]
    trials.write_text(text.replace(number, "NCT0303612", 1), encoding="utf-8")
    assert [f.level for f in findings_of(review)] == ["warning"]
    add_entries(review, SLIP.replace("dapa-hf", row_id))
    (finding,) = findings_of(review)
    assert (finding.level, finding.file) == ("accepted", "trials.csv")
    assert "registry's own letter" in str(finding)


@pytest.mark.parametrize(
    ("old", "new"), [("reason:", "because:"), ("printed so in the registry's own letter", "so")]
)
def test_a_malformed_file_is_a_fault_of_its_own(old, new, review, findings_of):
    add_entries(review, SLIP.replace(old, new))
    faults = findings_of(review)
    assert {(f.level, f.file) for f in faults} == {("fatal", "accepted.yaml")}
    settings, _ = load_settings(review / "config" / "config.yaml", review)
    assert settings.config["paths"]["accepted_findings"] == "config/accepted.yaml"
