"""What `trialpool explain` and the report tell of a row and of a trial: from diamond to paper.

Effects are on the analysis scale. What a build alone can tell is None where there is none.
"""

from __future__ import annotations

from trialpool.records.base import Record
from trialpool.records.pools import PooledEffect
from trialpool.records.trials import Derivation


class GroupPool(Record, frozen=True, kw_only=True):
    """The pool that a row is in."""

    k: int
    estimate: float
    ci_lower: float | None
    ci_upper: float | None
    primary_model: str | None


class Use(Record, frozen=True, kw_only=True):
    """A row in the pool of a question.

    Attributes
    ----------
    question, title, measure, group, comparison : str
        `question` is its id, `group` a label.
    pool : GroupPool
    models : dict of str to PooledEffect
    weight, weight_common : float or None
        Fractions, of random effects and of the common effect.
    estimate, se, ci_lower, ci_upper
        Of the trial.
    row_ids : tuple of str
        All rows that the effect follows from.
    derivation : Derivation
    flags : tuple of str
    """

    question: str
    title: str
    measure: str
    group: str
    comparison: str
    pool: GroupPool
    models: dict[str, PooledEffect]
    weight: float | None
    weight_common: float | None
    estimate: float
    se: float
    ci_lower: float | None
    ci_upper: float | None
    row_ids: tuple[str, ...]
    derivation: Derivation
    flags: tuple[str, ...]


class LeftOut(Record, frozen=True, kw_only=True):
    """A question that could see a row and does not pool it, and why."""

    question: str
    title: str
    stage: str
    reason: str


class DerivedEffect(Record, frozen=True, kw_only=True):
    """What was derived from a row: a row of effects.csv.

    `inputs` are the printed cells that were used, by column.
    """

    status: str
    reason: str
    measure: str
    scale: str
    rung: str
    formula: str
    reference: str
    yi: float | None
    sei: float | None
    sei_lower: float | None
    sei_upper: float | None
    events: int | None
    n: int | None
    inputs: dict[str, str]
    flags: tuple[str, ...]


class RungTried(Record, frozen=True, kw_only=True):
    """A rung of the ladder that a row has numbers for, as `trialpool.effects.rung.Rung`."""

    number: int
    name: str
    reason: str
    yi: float | None
    sei: float | None
    yi_lower: float | None
    yi_upper: float | None
    sei_lower: float | None
    sei_upper: float | None
    asymmetry: float | None
    formula: str
    reference: str
    inputs: dict[str, str]
    flags: tuple[str, ...]
    locator: str


class SourceRead(Record, frozen=True, kw_only=True):
    """Where a row was found.

    Attributes
    ----------
    source_id, citation : str
    doi, pmid, url : str or None
    place, page_read : str
        Place in the source, and address of the page.
    note : str
    extraction : str
        "single" or "double": how many readers found it.
    """

    source_id: str
    citation: str
    doi: str | None
    pmid: str | None
    url: str | None
    place: str
    page_read: str
    note: str
    extraction: str


class RowFinding(Record, frozen=True, kw_only=True):
    """What the audit found on a row."""

    level: str
    rule: str
    column: str
    value: str
    message: str
    remedy: str


class ReportedResult(Record, frozen=True, kw_only=True):
    """A result that a trial reported, in short: the number, where it is pooled, or why it is not.

    Attributes
    ----------
    row_id, table, endpoint, arms : str
    about : dict of str to str
        Cells that say whom it is about, by column.
    result : str
        In its own digits.
    pooled_in : tuple of str or None
        Questions.
    left_out : tuple of LeftOut or None
    reason : str
        Why nothing follows from the row; empty where an effect does.
    """

    row_id: str
    table: str
    endpoint: str
    arms: str
    about: dict[str, str]
    result: str
    pooled_in: tuple[str, ...] | None
    left_out: tuple[LeftOut, ...] | None
    reason: str


class PooledRow(Record, frozen=True, kw_only=True, tag_field="kind", tag="row"):
    """A row, from the questions that pool it down to the page that it was read on.

    Attributes
    ----------
    row_id, table, trial_id, trial, endpoint : str
    questions : tuple of Use or None
        Where it is pooled.
    left_out : tuple of LeftOut or None
        Where it could have been.
    effect : DerivedEffect or None
        None where the build is older than the row.
    rungs : tuple of RungTried
    printed : dict of str to str
        Cells, by column.
    source : SourceRead
    findings : tuple of RowFinding
    notes : tuple of str
    """

    row_id: str
    table: str
    trial_id: str
    trial: str
    endpoint: str
    questions: tuple[Use, ...] | None
    left_out: tuple[LeftOut, ...] | None
    effect: DerivedEffect | None
    rungs: tuple[RungTried, ...]
    printed: dict[str, str]
    source: SourceRead
    findings: tuple[RowFinding, ...]
    notes: tuple[str, ...]


class RowExplanation(PooledRow, frozen=True, kw_only=True, tag="row"):
    """A row, with what else its trial reported."""

    others: tuple[ReportedResult, ...]


class TrialExplanation(Record, frozen=True, kw_only=True, tag_field="kind", tag="trial"):
    """A trial: what of it is pooled, and every result that it reported.

    `described` are its cells of trials.csv, `arms` those of arms.csv.
    """

    trial_id: str
    trial: str
    described: dict[str, str]
    arms: tuple[dict[str, str], ...]
    pooled: tuple[PooledRow, ...]
    rows: tuple[ReportedResult, ...]
    notes: tuple[str, ...]
