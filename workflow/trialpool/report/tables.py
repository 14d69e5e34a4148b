"""From a result record to the texts of the report's tables."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from trialpool import formatting as fmt
from trialpool.measures import Measure, get_measure
from trialpool.report.conclusions import Conclusion, conclude
from trialpool.report.margins import margin_text
from trialpool.report.models import MODEL_NAMES, SHORT_NAMES, basis, support
from trialpool.report.sources import Source, source_of

Record = Mapping[str, Any]

# Rows of these stages were never candidates for this pool; the rest were.
NOT_CANDIDATES: Final = frozenset({"outside the question", "part of the trial", "another question"})


@dataclass(frozen=True)
class ShownEffect:
    """An estimate with its interval, and a name where two stand side by side."""

    text: str
    name: str = ""


@dataclass(frozen=True)
class GroupRow:
    """A group (or the overall pool) as its tables show it; all texts are ready to print.

    Attributes
    ----------
    effects : tuple of ShownEffect
        What the summary shows: one primary estimate, or several models of few trials.
    models : tuple of str
        Estimate and interval by `MODEL_NAMES`; empty for a single trial.
    p_values : tuple of str
        In the order of `models`.
    basis : str
        Which estimate is primary.
    fit_remarks : tuple of str
        What a reader must know of a fit, for example an interval of width zero.
    """

    label: str
    k: str
    n: str
    events: str
    effects: tuple[ShownEffect, ...]
    models: tuple[str, ...]
    p_values: tuple[str, ...]
    prediction: str
    tau2: str
    tau2_interval: str
    i2: str
    i2_q: str
    h2: str
    q_test: str
    margin: str
    basis: str
    note: str
    fit_remarks: tuple[str, ...]
    conclusion: Conclusion
    is_single: bool


def group_rows(record: Record) -> tuple[GroupRow, ...]:
    """Prepare the groups of a question, and its overall pool where there is one."""
    rows = [_group_row(group, record) for group in record["groups"]]
    if record.get("overall"):
        overall = {"label": "All groups", "primary_model": "hk-adhoc", **record["overall"]}
        rows.append(_group_row(overall, record))
    return tuple(rows)


def _group_row(group: Record, record: Record) -> GroupRow:
    measure = get_measure(record["measure"])
    models = group.get("models") or {}
    pooled = (group.get("k") or 0) > 1
    shown = _shown_pool(group)

    def heterogeneity(text: str) -> str:
        return text if pooled else fmt.NOT_AVAILABLE

    return GroupRow(
        label=str(group["label"]),
        k=fmt.whole(group.get("k")),
        n=fmt.whole(group.get("n")),
        events=fmt.whole(group.get("events")),
        effects=_effects(group, measure),
        models=tuple(
            effect_text(models[name], measure) if name in models else fmt.NOT_AVAILABLE
            for name in MODEL_NAMES
        )
        if models
        else (),
        p_values=tuple(support(models[name]) if name in models else "" for name in MODEL_NAMES)
        if models
        else (),
        prediction=fmt.interval(shown.get("pi_lower"), shown.get("pi_upper"), measure),
        tau2=heterogeneity(fmt.tau_squared(shown.get("tau2"))),
        tau2_interval=heterogeneity(
            fmt.tau_squared_with_interval(
                shown.get("tau2"), shown.get("tau2_ci_lower"), shown.get("tau2_ci_upper")
            )
        ),
        i2=heterogeneity(fmt.i_squared(shown.get("i2"))),
        i2_q=heterogeneity(fmt.i_squared(shown.get("i2_q"))),
        h2=heterogeneity(fmt.number(shown.get("h2"), 2)),
        q_test=_q_test(shown) if pooled else fmt.NOT_AVAILABLE,
        margin=margin_text(group, record),
        basis=basis(group),
        note=str(group.get("primary_note") or ""),
        fit_remarks=_fit_remarks(models),
        conclusion=conclude(group, record),
        is_single=group.get("k") == 1,
    )


def _shown_pool(group: Record) -> Record:
    """Return the pool whose heterogeneity and prediction interval are shown."""
    if group.get("primary_model") is None and group.get("models"):
        pool: Record = group["models"].get("hk-adhoc", group)
        return pool
    return group


def effect_text(pool: Record, measure: Measure) -> str:
    """Print the estimate of a pool with its interval."""
    return fmt.effect_with_interval(
        pool.get("estimate"), pool.get("ci_lower"), pool.get("ci_upper"), measure
    )


def _effects(group: Record, measure: Measure) -> tuple[ShownEffect, ...]:
    models = group.get("models") or {}
    if group.get("primary_model") in (None, "bayes") and models:
        return tuple(
            ShownEffect(effect_text(models[name], measure), short)
            for name, short in SHORT_NAMES.items()
            if name in models
        )
    return (ShownEffect(effect_text(group, measure)),)


def _fit_remarks(models: Record) -> tuple[str, ...]:
    by_note: dict[str, list[str]] = {}
    for name, words in MODEL_NAMES.items():
        for note in (models.get(name, {}).get("diagnostics") or {}).get("notes") or ():
            by_note.setdefault(str(note), []).append(words)
    return tuple(f"{' and '.join(names)}: {note}" for note, names in by_note.items())


def _q_test(pool: Record) -> str:
    if pool.get("q") is None:
        return fmt.NOT_AVAILABLE
    statistic = fmt.statistic("Q", pool["q"], pool.get("q_df"))
    return f"{statistic}, {fmt.p_statement(pool.get('q_p_value'))}"


def group_test(record: Record) -> str | None:
    """Print the test of differences between groups; None where the record has none."""
    test = record.get("subgroup_test")
    if not test:
        return None
    note = str(test.get("note") or "").strip()
    if test.get("value") is None:
        return _stop(f"Not computed: {note or 'no reason given'}")
    label = "" if "low credibility" in note else "Between trials, low credibility: "
    statistic = fmt.statistic(test["statistic"], test["value"], test.get("df1"), test.get("df2"))
    assumption = {"common": " (one τ² for all groups)", "separate": " (a τ² for each group)"}
    words = assumption.get(test.get("tau2_assumption") or "", "")
    sentence = f"{label}{statistic}, {fmt.p_statement(test.get('p_value'))}{words}."
    if test.get("residual_q") is not None:
        rest = fmt.statistic("Q", test["residual_q"], test["residual_df"])
        p_value = fmt.p_statement(test.get("residual_p_value"))
        sentence += f" Residual heterogeneity within groups: {rest}, {p_value}."
    return f"{sentence} {_stop(note)}" if note else sentence


@dataclass(frozen=True)
class TrialRow:
    """A trial as the table of trials shows it; all texts are ready to print."""

    label: str
    year: str
    comparison: str
    experimental: str
    control: str
    effect: str
    margin: str
    margin_source: str
    weight: str
    weight_common: str
    inputs: tuple[tuple[str, str], ...]
    rung: str
    formula: str
    reference: str
    facts: tuple[str, ...]
    flags: tuple[str, ...]
    row_ids: tuple[str, ...]
    source: Source
    locator: str
    trial_id: str = ""


def trial_rows(record: Record) -> tuple[tuple[str, tuple[TrialRow, ...]], ...]:
    """Prepare the trials of a question, group by group in the order of the groups."""
    by_group: dict[str, list[TrialRow]] = {group["label"]: [] for group in record["groups"]}
    for trial in record["trials"]:
        by_group.setdefault(trial["group"], []).append(_trial_row(trial, record))
    return tuple((label, tuple(rows)) for label, rows in by_group.items())


def _trial_row(trial: Record, record: Record) -> TrialRow:
    derivation = trial.get("derivation") or {}
    flags = tuple(str(flag) for flag in trial.get("flags") or ())
    facts = [
        str(trial.get("definition") or ""),
        f"{trial['maturity']} analysis" if trial.get("maturity") else "",
        str(trial.get("population") or ""),
        _EXTRACTION.get(str(trial.get("extraction") or ""), ""),
    ]
    if len(record["endpoints"]) > 1:
        facts.insert(0, str(trial.get("endpoint") or ""))
    return TrialRow(
        label=str(trial["label"]),
        year=fmt.whole(trial.get("year")),
        comparison=str(trial.get("comparison") or ""),
        experimental=_arm(trial.get("experimental")),
        control=_arm(trial.get("control")),
        effect=effect_text(trial, get_measure(record["measure"])),
        margin=margin_text(trial, record),
        margin_source=str((trial.get("margin") or {}).get("source") or ""),
        weight=fmt.percent(trial.get("weight")),
        weight_common=fmt.percent(trial.get("weight_common")),
        inputs=tuple(flatten(derivation.get("inputs") or {})),
        rung=str(derivation.get("rung") or ""),
        formula=str(derivation.get("formula") or ""),
        reference=str(derivation.get("reference") or ""),
        facts=tuple(fact for fact in facts if fact and not any(fact in flag for flag in flags)),
        flags=flags,
        row_ids=tuple(str(row_id) for row_id in trial.get("row_ids") or ()),
        source=source_of(str(trial.get("source") or ""), record.get("sources") or {}),
        locator=str(trial.get("locator") or ""),
        trial_id=str(trial["trial_id"]),
    )


_EXTRACTION: Final = {"single": "found by one reader", "double": "found by two readers"}


def _arm(arm: Record | None) -> str:
    return fmt.count_of(arm.get("events"), arm.get("n")) if arm else fmt.NOT_AVAILABLE


@dataclass(frozen=True)
class ExcludedRow:
    """Rows of one trial that fell out at one stage for one reason."""

    label: str
    stage: str
    reason: str
    row_ids: tuple[str, ...]
    is_pooled: bool


@dataclass(frozen=True)
class Reason:
    """A reason and how many rows it took out."""

    stage: str
    reason: str
    count: str
    rows: int


def candidate_rows(record: Record) -> tuple[ExcludedRow, ...]:
    """List the rows that could have entered the pool and did not.

    Trials without any pooled result come first: they are what a pool misses.
    """
    pooled = {trial["trial_id"] for trial in record["trials"]}
    merged: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for row in record.get("excluded") or ():
        if row.get("stage") not in NOT_CANDIDATES:
            label = str(row.get("label") or row["trial_id"])
            key = (str(row["trial_id"]), label, str(row["stage"]), str(row["reason"]))
            merged[key].append(str(row["row_id"]))
    rows = [
        ExcludedRow(label, stage, reason, tuple(ids), trial_id in pooled)
        for (trial_id, label, stage, reason), ids in merged.items()
    ]
    return tuple(sorted(rows, key=lambda row: (row.is_pooled, row.label.casefold())))


def other_reasons(record: Record) -> tuple[Reason, ...]:
    """Count the rows that were never candidates by reason, the commonest first.

    Reasons that differ in what follows a colon are one: "not by A: B" and "not by A: C" become
    "not by A: B 12, C 3".
    """
    merged: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for row in record.get("excluded") or ():
        if row.get("stage") in NOT_CANDIDATES:
            reason, _, particular = str(row["reason"]).partition(": ")
            merged[str(row["stage"]), reason][particular] += 1
    ordered = sorted(merged.items(), key=lambda item: (-item[1].total(), item[0]))
    return tuple(
        Reason(stage, _with_counts(reason, found), fmt.whole(found.total()), found.total())
        for (stage, reason), found in ordered
    )


def _with_counts(reason: str, found: Counter[str]) -> str:
    """Name what follows the colon, with its number of rows where it differs."""
    if len(found) == 1:
        (only,) = found
        return f"{reason}: {only}" if only else reason
    ordered = sorted(found.items(), key=lambda item: (-item[1], item[0].casefold()))
    named = ", ".join(f"{name or 'no more said'} {fmt.whole(n)}" for name, n in ordered)
    return f"{reason}: {named}"


def flatten(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Turn nested settings into pairs of name and text, keeping their order."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from flatten(part, f"{name} {key}".strip().replace("_", " "))
    elif isinstance(value, list | tuple):
        if value:
            yield name, _list(value)
    elif value is not None and value != "":
        yield name, {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _list(values: Sequence[Any]) -> str:
    if any(isinstance(value, list | tuple) for value in values):
        return "; ".join(" versus ".join(map(str, value)) for value in values)
    return ", ".join(str(value) for value in values)


def _stop(text: str) -> str:
    return text if text.endswith(".") else text + "."
