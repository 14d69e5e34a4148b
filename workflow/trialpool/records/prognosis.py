"""Questions on outcome by a marker under the same treatment: levels compared, not treatments."""

from __future__ import annotations

from trialpool.records.base import Record
from trialpool.records.questions import ComparativeQuestion
from trialpool.records.results import ComparativeResult
from trialpool.records.settings import ComparativeAsked, ComparativeSettings


class Prognostic(Record, frozen=True, kw_only=True):
    """The marker, and its two levels: the first is the "experimental" side of a trial."""

    biomarker: str
    levels: tuple[str, str]


class PrognosisSettings(ComparativeSettings, frozen=True, kw_only=True):
    """Settings of the pool, with the marker."""

    prognostic: Prognostic


class PrognosisAsked(ComparativeAsked, frozen=True, kw_only=True, tag="prognosis"):
    """A prognostic question as it is asked."""

    prognostic: Prognostic


class PrognosisQuestion(ComparativeQuestion, frozen=True, kw_only=True, tag="prognosis"):
    """A prognostic question with its selection."""

    prognostic: Prognostic


class PrognosisResult(ComparativeResult, frozen=True, kw_only=True, tag="prognosis"):
    """What a prognostic question gives; its groups are of kind "prognostic"."""

    settings: PrognosisSettings
    prognostic: Prognostic


# What `trialpool.questions.registry` looks for in the record module of a kind.
ASKED, QUESTION, RESULT = PrognosisAsked, PrognosisQuestion, PrognosisResult
