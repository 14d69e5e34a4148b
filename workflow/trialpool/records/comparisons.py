"""results/comparisons.json: what is compared with what, and which questions say something of it.

Numbers are not repeated: a comparison names question and group.
"""

from __future__ import annotations

from trialpool.records.base import Record


class Cell(Record, frozen=True, kw_only=True):
    """What a question holds of a comparison.

    Attributes
    ----------
    question, group : str
        The numbers stay in the question's record.
    endpoints : tuple of str
    measure : str
    trials : tuple of str
        Trials of the group that make this comparison, in the order of the question.
    """

    question: str
    endpoints: tuple[str, ...]
    measure: str
    group: str
    trials: tuple[str, ...]


class NotPooled(Record, frozen=True, kw_only=True):
    """Rows of trials that a question could not pool: what they print and why stands in its record.

    Attributes
    ----------
    question : str
    endpoints : tuple of str
        Of the question.
    row_ids : tuple of str
        Of `excluded`, in its order.
    """

    question: str
    endpoints: tuple[str, ...]
    row_ids: tuple[str, ...]


class Comparison(Record, frozen=True, kw_only=True):
    """Drugs against other drugs or none, on a background, in a setting.

    Attributes
    ----------
    id : str
        Made of ids of taxonomy.yaml and of values of trials.csv; the same in every question
        and every build.
    label : str
        For a reader, drugs first.
    kind : {"added", "instead", "omitted", "equivalence", "schedule"}
    added, removed : tuple of str
        Agents of taxonomy.yaml that one side alone receives, partners by the name of their class.
    shared : tuple of tuple of str
        What both sides receive: once for each different set among the trials.
    background : tuple of str
        Classes of the shared drugs that make a background, one entry for each drug.
    columns : dict of str to str
        Column of trials.csv to the value that takes part in the id.
    setting : str
        The same in words.
    strategy : str
        Id of its strategy.
    cells : tuple of Cell
        In the order of the questions.
    experimental, control : str
        What each side is called in short; empty where both receive the same drugs otherwise.
    not_pooled : tuple of NotPooled
        In the order of the questions.
    """

    id: str
    label: str
    kind: str
    added: tuple[str, ...]
    removed: tuple[str, ...]
    shared: tuple[tuple[str, ...], ...]
    background: tuple[str, ...]
    columns: dict[str, str]
    setting: str
    strategy: str
    cells: tuple[Cell, ...] = ()
    experimental: str = ""
    control: str = ""
    not_pooled: tuple[NotPooled, ...] = ()


class Strategy(Record, frozen=True, kw_only=True):
    """What comparisons have in common: mechanism, added or instead of what, and background.

    Attributes
    ----------
    id, label : str
    setting : str
        In words what no strategy pools over, such as a status of the disease.
    comparisons : tuple of str
        Their ids.
    """

    id: str
    label: str
    setting: str = ""
    comparisons: tuple[str, ...] = ()


class Comparisons(Record, frozen=True, kw_only=True):
    """All comparisons that a question selected a trial of, or would have if its numbers allowed.

    Attributes
    ----------
    schema_version : int
    comparisons : tuple of Comparison
    strategies : tuple of Strategy
    renamed : dict of str to str
        An id of an earlier build to the one that it has now.
    """

    schema_version: int
    comparisons: tuple[Comparison, ...]
    strategies: tuple[Strategy, ...]
    renamed: dict[str, str]
