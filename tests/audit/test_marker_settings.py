"""Errors on markers and levels that a question names tell what there is."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rule_cases import context_of

from trialpool.audit.registry import rule_of
from trialpool.audit.rule import Case
from trialpool.findings import Finding

ROWS = {
    "time_to_event": [
        {"biomarker": "PTEN", "biomarker_level": "low"},
        {"biomarker": "old name", "biomarker_level": "normal"},
    ],
    "biomarker_contrasts": [{"biomarker": "PTEN", "level_a": "lost", "level_b": "normal"}],
}
TAXONOMY: dict[str, Any] = {
    "biomarker_aliases": {"old name": "PTEN"},
    "level_aliases": {"PTEN": {"low": "loss", "lost": "loss"}},
}


def found(question: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    case = Case(ROWS, questions={"q": question}, taxonomy=TAXONOMY)
    findings = [one for one in rule_of("marker-level").judge(context_of(case)) if one is not None]
    return [(one.level, one.column, one.value, one.message) for one in findings]


def interaction(marker: str, **levels: Any) -> dict[str, Any]:
    return {"kind": "interaction", "interaction": {"biomarkers": {marker: levels}}}


def prognostic(marker: str) -> dict[str, Any]:
    asked = {"biomarker": marker, "levels": ["loss", "normal"]}
    return {"kind": "prognosis", "prognostic": asked}


def test_levels_of_any_table_and_spelling_are_known():
    assert found(interaction("PTEN", positive=["loss"], negative=["normal"])) == []
    assert found(interaction("PTEN", scores={"loss": 0, "normal": 1})) == []
    assert found(prognostic("PTEN")) == []
    assert found({"kind": "comparison", "biomarker": {"name": "PTEN", "levels": ["loss"]}}) == []
    for kind in ("comparison", "mean_time", "proportion", "surrogacy"):
        assert found({"kind": kind}) == []


@pytest.mark.parametrize(
    ("question", "level", "column", "value", "words"),
    [
        (
            interaction("PTEN", positive=["lots"], negative=["normal"]),
            *("warning", "interaction.biomarkers.PTEN.positive", "lots"),
            "no row of the tables has this level of PTEN; there are 'loss', 'normal'",
        ),
        (
            interaction("PTEN", positive=["low"], negative=["normal"]),
            *("fatal", "interaction.biomarkers.PTEN.positive", "low"),
            "a spelling of 'loss' (level_aliases of PTEN): no row is read under this name",
        ),
        (
            interaction("PTEN", positive=["loss"], negative=["loss"]),
            *("fatal", "interaction.biomarkers.PTEN.negative", "loss"),
            "stands under positive too: its patients would be on both sides",
        ),
        (
            interaction("old name", positive=["loss"], negative=["normal"]),
            *("fatal", "interaction.biomarkers", "old name"),
            "a spelling of 'PTEN' (biomarker_aliases): no row is read under this name",
        ),
        (
            {**prognostic("PTEN"), "biomarker": {"name": "PTEN", "levels": ["lots"]}},
            *("warning", "biomarker.PTEN", "lots"),
            "no row of the tables has this level of PTEN; there are 'loss', 'normal'",
        ),
        (
            prognostic("PETN"),
            *("warning", "prognostic", "PETN"),
            "no row of the tables has this marker; there are PTEN",
        ),
    ],
)
def test_what_no_row_has_is_told_with_what_there_is(question, level, column, value, words):
    assert found(question) == [(level, column, value, words)]


TAXONOMY_FILE = "config/taxonomy.yaml"


def with_taxonomy(review: Path, text: str) -> Path:
    path = review / TAXONOMY_FILE
    path.write_text(f"{path.read_text(encoding='utf-8')}\n{text}\n", encoding="utf-8")
    return review


def test_a_marker_without_spellings_is_none_with_spellings(
    review: Path, findings_of: Callable[[Path], list[Finding]]
):
    before = findings_of(review)
    assert (
        findings_of(with_taxonomy(review, "level_aliases: {diabetes: , sex: {f: female}}"))
        == before
    )


def test_an_empty_block_of_the_taxonomy_is_told_once_and_crashes_nothing(
    review: Path, findings_of: Callable[[Path], list[Finding]]
):
    before = findings_of(review)
    found = findings_of(with_taxonomy(review, "biomarker_aliases:"))
    (new,) = [one for one in found if one not in before]
    assert (new.level, new.file, new.column) == ("fatal", "taxonomy.yaml", "biomarker_aliases")


def test_a_cohort_is_a_trial_of_the_table(
    review: Path, findings_of: Callable[[Path], list[Finding]]
):
    found = findings_of(with_taxonomy(review, "designs_cohort: {dapa-fh: retrospective}"))
    (new,) = [one for one in found if one.rule == "trial-known"]
    assert (new.level, new.column, new.value) == ("fatal", "designs_cohort", "dapa-fh")
