"""The matrix: a row per comparison, a column per outcome, ordered by how much is known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from trialpool import formatting as fmt
from trialpool.measures import get_measure
from trialpool.questions.shared.words.absolute import per_1000
from trialpool.questions.shared.words.sides import capital
from trialpool.records.groups import Group
from trialpool.records.results import ComparativeResult
from trialpool.report.compared.outcomes import Column, Compared, Outcome, columns_of
from trialpool.report.compared.summary import NOT_JUDGED
from trialpool.report.compared.verdicts import Known, Tone, glance, size_words
from trialpool.report.site.page import comparison_path
from trialpool.report.tables import group_rows

# Names of trials under a comparison; more are counted.
_NAMED: Final = 4


@dataclass(frozen=True)
class Cell:
    """An outcome of a comparison; all texts are ready to print.

    Attributes
    ----------
    href : str
        Its section on the comparison's page.
    codes, measure, unit : str
        "MACE", "HR"; the unit of a difference.
    effect : str
        Estimate and interval, of one trial as printed; empty where no result is pooled.
    sign, tone, words, size : str
        The verdict.
    absolute : str
        In 1,000 patients; empty without a control risk.
    support : tuple of str
        Trials and patients, readers, kinds of sources, certainty.
    left_out : tuple of str
        Printed results of trials that are in no pool, where there is no other.
    value : str
        Distance from no difference as a plain number, to sort by; empty without an effect.
    known : str
        As of `Glance`.
    """

    href: str
    codes: str
    measure: str
    unit: str
    effect: str
    sign: str
    tone: Tone
    words: str
    size: str
    absolute: str
    support: tuple[str, ...]
    left_out: tuple[str, ...]
    value: str
    known: Known


@dataclass(frozen=True)
class Row:
    """A comparison in the matrix.

    Attributes
    ----------
    href, label, behind : str
        Its page, its name, and the mechanism of what is added in grey.
    trials : str
    cells : tuple of Cell or None
        In the order of the columns.
    strategy : str
        By which it is filtered.
    outcomes, known : str
        Columns with a result, and how sure its verdicts are, separated by "|".
    words : str
        By which a search finds it.
    """

    href: str
    label: str
    behind: str
    trials: str
    cells: tuple[Cell | None, ...]
    strategy: str
    outcomes: str
    known: str
    words: str


@dataclass(frozen=True)
class Section:
    """Comparisons in the same sort of patients."""

    setting: str
    anchor: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Matrix:
    """The matrix, and what it can be filtered by."""

    columns: tuple[Column, ...]
    sections: tuple[Section, ...]
    strategies: tuple[str, ...]
    total: int


def matrix(compared: Sequence[Compared], strategies: Mapping[str, str]) -> Matrix:
    """Prepare the matrix.

    Parameters
    ----------
    compared : sequence of Compared
    strategies : mapping of str to str
        Label of each strategy, for comparisons of which nothing is pooled.

    Returns
    -------
    Matrix
        Sections and their rows with the most settled outcomes first: those that a verdict
        concludes, of these those by pools, then the most patients.
    """
    known, columns = mechanisms(compared), columns_of(compared)
    by_setting: dict[str, list[Compared]] = {}
    for one in compared:
        by_setting.setdefault(capital(one.comparison.setting), []).append(one)
    ordered = sorted(by_setting.items(), key=lambda item: _together(item[1]))
    sections = tuple(
        Section(
            setting,
            anchor_of(setting),
            tuple(
                _row(
                    one,
                    known.get(one.comparison.id) or strategies[one.comparison.strategy],
                    columns,
                )
                for one in sorted(ours, key=lambda one: (_settled(one), one.comparison.label))
            ),
        )
        for setting, ours in ordered
    )
    named = {row.strategy for section in sections for row in section.rows if row.strategy}
    return Matrix(columns, sections, tuple(sorted(named, key=str.casefold)), len(compared))


def anchor_of(setting: str) -> str:
    """Return the anchor of a section of the matrix."""
    letters = (letter if letter.isalnum() else "-" for letter in setting.lower())
    return "-".join(filter(None, "".join(letters).split("-")))


def _settled(one: Compared) -> tuple[int, int, int]:
    """Order by how much is known: a smaller tuple stands first."""
    groups = [outcome.main.group for outcome in _shown(one) if outcome.main is not None]
    known = [glance(group).known for group in groups]
    patients = max((group.n or 0 for group in groups), default=0)
    return (known.count("open") - len(known), -known.count("pool"), -patients)


def _together(ours: Sequence[Compared]) -> tuple[int, int, int]:
    found = [_settled(one) for one in ours]
    settled, pools, patients = (sum(parts) for parts in zip(*found, strict=True))
    return settled, pools, patients


def _shown(one: Compared) -> list[Outcome]:
    """Return the outcomes that stand in the matrix."""
    found = map(one.in_column, columns_of([one]))
    return [outcome for outcome in found if outcome is not None]


def mechanisms(compared: Sequence[Compared]) -> dict[str, str]:
    """Return the mechanism of what comparisons add, by their ids, as far as it is known.

    A group with a pooled result names it; so it is known of all comparisons that add the same.
    """
    named: dict[tuple[str, ...], str] = {}
    for one in compared:
        held = [outcome.main for outcome in one.outcomes if outcome.main is not None]
        words = [h.group.mechanism for h in (*held, *one.modifiers) if h.group.mechanism]
        if words and one.comparison.added:
            named.setdefault(one.comparison.added, words[0])
    ids = {one.comparison.id: one.comparison.added for one in compared}
    return {name: named[added] for name, added in ids.items() if added in named}


def _row(one: Compared, behind: str, columns: Sequence[Column]) -> Row:
    comparison, shown = one.comparison, _shown(one)
    href = f"site:{comparison_path(comparison.id)}"
    cells = tuple(
        None if outcome is None else _cell(one, outcome, href)
        for outcome in map(one.in_column, columns)
    )
    trials = trial_names(one)
    known = dict.fromkeys(cell.known for cell in cells if cell is not None)
    agents = (*comparison.added, *comparison.removed, *(a for s in comparison.shared for a in s))
    return Row(
        href=href,
        label=comparison.label,
        behind=behind,
        trials=_few(trials),
        cells=cells,
        strategy=behind,
        outcomes="|".join(anchor_of(outcome.column.heading) for outcome in shown),
        known="|".join(known),
        words=" ".join((comparison.label, *dict.fromkeys(agents), *trials, comparison.setting)),
    )


def trial_names(one: Compared) -> tuple[str, ...]:
    """Return the names of all trials of a comparison, those without a pooled result last."""
    held = [h for o in one.outcomes for h in (o.main, *o.parts, *o.measures) if h is not None]
    held += one.modifiers
    named = {trial.trial_id: trial.label for h in held for trial in h.result.trials}
    for outcome in one.outcomes:
        for left in outcome.left_out:
            named.setdefault(left.row.trial_id, left.row.label or left.row.trial_id)
    return tuple(named.values())


def _few(names: Sequence[str]) -> str:
    if len(names) <= _NAMED:
        return ", ".join(names)
    return f"{', '.join(names[: _NAMED - 1])} and {fmt.whole(len(names) - _NAMED + 1)} more"


def _cell(one: Compared, outcome: Outcome, href: str) -> Cell:
    href, codes = f"{href}#{outcome.slug}", "/".join(outcome.codes)
    main = outcome.main
    if main is None:
        rows = [left.row for left in outcome.left_out]
        printed = [" v ".join(row.printed) or "; ".join(row.reasons) for row in rows]
        return Cell(
            href, codes, "", "", "", "◇", "open", "results not poolable", "", "", (),
            tuple(dict.fromkeys(printed)), "", "open",
        )  # fmt: skip
    group, result = main.group, main.result
    found = glance(group)
    return Cell(
        href=href,
        codes=codes,
        measure=result.measure if main.measure.is_ratio else "",
        unit=unit_of(result),
        effect=group_rows(result)[0].effect,
        sign=found.sign,
        tone=found.tone,
        words=found.words,
        size=size_words(group),
        absolute=absolute_words(group),
        support=(
            _counted(group),
            *support(result),
            one.certainty(main) or NOT_JUDGED,
        ),
        left_out=(),
        value=f"{abs(group.estimate - result.null_value):.6f}",
        known=found.known,
    )


def unit_of(result: ComparativeResult) -> str:
    """Return the unit of a printed number; empty for ratios."""
    measure = get_measure(result.measure)
    return {"RD": "percentage points"}.get(measure.code, measure.unit or result.unit)


def absolute_words(group: Group) -> str:
    """Print the difference in 1,000 patients and when; empty without a control risk."""
    found = group.absolute
    if found is None:
        return ""
    months = found.landmark_months
    when = "" if months is None else f" by {fmt.plain(months)} months"
    return f"{per_1000(found)} per 1,000{when}"


def counted(group: Group) -> tuple[str, ...]:
    """Say how many trials and patients a group has."""
    trials = f"{fmt.whole(group.k)} {'trial' if group.k == 1 else 'trials'}"
    if group.n is None:
        return (trials,)
    return trials, f"{fmt.at_least(fmt.whole(group.n), group.n_is_minimum)} patients"


def _counted(group: Group) -> str:
    """Say the same in short: "2 trials, n 394"."""
    trials, *patients = counted(group)
    return f"{trials}, n {patients[0].removesuffix(' patients')}" if patients else trials


def support(result: ComparativeResult) -> tuple[str, ...]:
    """Say how often the numbers of a result were read, and in what kind of reports they stand."""
    trials = result.trials
    twice = sum(trial.extraction == "double" for trial in trials)
    read = "read twice" if twice == len(trials) else "read once"
    if 0 < twice < len(trials):
        read = f"{fmt.whole(twice)} of {fmt.whole(len(trials))} read twice"
    grades = _first(trial.grade for trial in trials)
    return (read, ", ".join(grades)) if grades else (read,)


def _first(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, names)))
