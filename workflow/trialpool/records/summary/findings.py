"""results/summaries.json: what is found of each comparison, outcome by outcome, and how sure.

Effects are on the analysis scale. What a result says is repeated here as it stands there, so that
one record serves the page, the tables and the text; nothing of it is computed anew.
"""

from __future__ import annotations

from trialpool.records.base import Record
from trialpool.records.groups import Verdict
from trialpool.records.pools import AbsoluteEffect, PrintedMedians
from trialpool.records.summary.certainty import (
    CertaintyInputs,
    CertaintyJudgement,
    ResultNotPooled,
)
from trialpool.records.trials import PrintedEffect


class Outcome(Record, frozen=True, kw_only=True):
    """One outcome of a comparison.

    Attributes
    ----------
    question, title : str
        The question that pools it.
    also : tuple of str
        Further questions that pool the very same trials.
    of_part : bool
        Whether the question takes a part of the patients of its trials, by a marker.
    endpoints : tuple of str
        Codes.
    names : tuple of str
        The same in words.
    endpoint_events : dict of str to str
        What the events of each are called.
    measure : str
    benefit : {"lower", "higher"}
    level : float
        Of all intervals.
    group : str
        Label of the group of the question; empty where no trial could be pooled.
    estimate, ci_lower, ci_upper : float or None
        Of the primary model.
    printed : PrintedEffect or None
        Of a single trial, what its report prints, where that is of the same level.
    k : int
        Trials.
    trials, row_ids : tuple of str
        Their ids, and those of the rows that are pooled.
    n, events : int or None
        Sums over the arms that have the number.
    n_is_minimum, events_are_minimum : bool
        Whether some arms are not in the sum.
    primary_model : str or None
    null_band : (float, float) or None
        Effects between these are little or no difference.
    important : float or None
        Distance from no difference from which on an effect matters.
    verdict : Verdict or None
    sentence : str
    absolute : AbsoluteEffect or None
        None where no control risk is known.
    medians : tuple of PrintedMedians
    inputs : CertaintyInputs or None
        None where no trial could be pooled.
    not_pooled : tuple of ResultNotPooled
    judgements : tuple of CertaintyJudgement
        Empty where nobody judged.
    """

    question: str
    title: str
    also: tuple[str, ...] = ()
    of_part: bool = False
    endpoints: tuple[str, ...]
    names: tuple[str, ...]
    measure: str
    benefit: str
    level: float
    group: str
    estimate: float | None
    ci_lower: float | None
    ci_upper: float | None
    printed: PrintedEffect | None = None
    k: int
    trials: tuple[str, ...]
    row_ids: tuple[str, ...]
    n: int | None
    events: int | None
    n_is_minimum: bool = False
    events_are_minimum: bool = False
    primary_model: str | None = None
    null_band: tuple[float, float] | None = None
    important: float | None = None
    verdict: Verdict | None = None
    sentence: str = ""
    endpoint_events: dict[str, str] = {}
    absolute: AbsoluteEffect | None = None
    medians: tuple[PrintedMedians, ...] = ()
    inputs: CertaintyInputs | None = None
    not_pooled: tuple[ResultNotPooled, ...] = ()
    judgements: tuple[CertaintyJudgement, ...] = ()

    @property
    def certainty(self) -> str:
        """The certainty that was judged overall; empty where nobody did."""
        found = (one.judgement for one in self.judgements if one.domain == "overall")
        return next(found, "")


class SummaryOfFindings(Record, frozen=True, kw_only=True):
    """All outcomes of one comparison.

    Attributes
    ----------
    comparison, label, setting : str
        Its id, and in words.
    outcomes : tuple of Outcome
        In the order of the endpoints, those of all patients first, then of the questions.
    """

    comparison: str
    label: str
    setting: str
    outcomes: tuple[Outcome, ...]


class SummariesOfFindings(Record, frozen=True, kw_only=True):
    """The summaries of all comparisons.

    Attributes
    ----------
    schema_version : int
    summaries : tuple of SummaryOfFindings
        In the order of results/comparisons.json.
    unplaced : tuple of CertaintyJudgement
        Judgements of an outcome that no question holds any more.
    """

    schema_version: int
    summaries: tuple[SummaryOfFindings, ...]
    unplaced: tuple[CertaintyJudgement, ...] = ()
