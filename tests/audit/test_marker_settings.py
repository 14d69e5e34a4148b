"""Errors on markers and levels that a question names tell what there is."""

from typing import Any

import pytest
from rule_cases import context_of

from trialpool.audit.registry import rule_of
from trialpool.audit.rule import Case

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
    for kind in ("comparison", "mean_time", "proportion"):
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
