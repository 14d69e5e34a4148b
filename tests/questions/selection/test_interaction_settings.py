"""What questions.yaml may say of a marker, and what it is told when it says something else."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from trialpool.settings.questions import load_questions

LABELS = {"positive": "more", "negative": "less"}
PAIRS = {"marker": {"positive": ["high"], "negative": ["low"]}}
SCORES = {"marker": {"scores": {"low": 0, "high": 1.5}}}
LEVELS = {"marker": {"levels": ["low", "middle", "high"]}}


def faults(folder: Path, **interaction: Any) -> list[str]:
    question = {
        **{
            "kind": "interaction",
            "title": "t",
            "question": "q",
            "table": "time_to_event",
            "measure": "RHR",
        },
        **{"endpoints": ["PFS"], "trials": {}, "populations": ["itt"], "contrasts": ["strategy"]},
        **{"report_policy": "latest", "multiarm": "choose", "overall": None},
        "overall_reason": "none",
        "interaction": {"labels": LABELS, **interaction},
    }
    file = folder / "questions.yaml"
    file.write_text(yaml.safe_dump({"q": question}), encoding="utf-8")
    return [f"{found.column}: {found.message}" for found in load_questions(file)[2]]


@pytest.mark.parametrize(
    "interaction",
    [
        {"biomarkers": PAIRS},
        {"biomarkers": PAIRS, "compare": "pairs", "exhaustive": {"marker": "all were tested"}},
        {"biomarkers": SCORES, "compare": "trend", "step": "step"},
        {"biomarkers": LEVELS, "compare": "levels"},
    ],
)
def test_each_comparison_has_its_settings(tmp_path, interaction):
    assert faults(tmp_path, **interaction) == []


@pytest.mark.parametrize(
    ("interaction", "place"),
    [
        ({"biomarkers": SCORES}, "interaction.biomarkers.marker"),
        ({"biomarkers": PAIRS, "compare": "trend", "step": "step"}, "biomarkers.marker"),
        ({"biomarkers": SCORES, "compare": "trend"}, "interaction: the setting 'step' is"),
        ({"biomarkers": PAIRS, "compare": "levels"}, "biomarkers.marker"),
        ({"biomarkers": {"marker": {"scores": {"low": 0}}}, "compare": "trend", "step": "s"}, ""),
        ({"biomarkers": LEVELS, "compare": "levels", "exhaustive": {"marker": "all"}}, ""),
        ({"biomarkers": PAIRS, "compare": "slopes"}, "compare: must be one of 'pairs', 'trend'"),
        ({"biomarkers": PAIRS, "exhaustive": {"marker": None}}, "exhaustive.marker"),
    ],
)
def test_settings_of_another_comparison_are_refused(tmp_path, interaction, place):
    found = faults(tmp_path, **interaction)
    assert found
    assert any(place in fault for fault in found), found
