"""What a prognostic question says in words: of patients, not of treatment."""

from __future__ import annotations

from typing import Final

from trialpool.measures import Direction, get_measure
from trialpool.questions.shared.words import conclusions
from trialpool.questions.shared.words.markers import MarkerWords
from trialpool.questions.shared.words.sentences import Voice
from trialpool.questions.shared.words.sides import Conclusion, describe_outcome, effect_text
from trialpool.records.groups import Group
from trialpool.records.prognosis import PrognosisQuestion, PrognosisResult

# Of a number in a sentence.
UNIT: Final = ""


def describe_side(side: Direction, result: PrognosisQuestion | PrognosisResult) -> str:
    """Say what a side of no difference means: "fewer deaths in patients with marker high"."""
    marker = result.prognostic
    return describe_outcome(side, result, f"in patients with {marker.biomarker} {marker.levels[0]}")


VOICE: Final = Voice(describe_side, of_levels=True)


def conclude(group: Group, result: PrognosisResult) -> Conclusion:
    """Put the result of a group into words."""
    return conclusions.conclude(group, result, describe_side)


def on_markers(result: PrognosisResult) -> MarkerWords:
    """Say how patients with one level do beside those with the other, a sentence per group."""
    return MarkerWords(tuple(_sentence(group, result) for group in result.groups))


def _sentence(group: Group, result: PrognosisResult) -> str:
    first, second = result.prognostic.levels
    measure = get_measure(result.measure)
    who = result.trials[0].label if group.k == 1 else f"{group.k} trials"
    what = " or ".join(result.endpoint_names.values())
    return (
        f"{result.prognostic.biomarker} {first} against {second} under the same treatment, {what}: "
        f"{measure.name} {effect_text(group, measure)} ({who}). It says nothing of "
        "whom the treatment helps."
    )
