"""Robustness of each pooled group in tables and plain sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from trialpool import formatting as fmt
from trialpool.measures import Direction, Measure, get_measure
from trialpool.report.sides import describe_side, null_text

Record = Mapping[str, Any]

_CHOICES: Final = {
    "tau2_method": "τ² by {}",
    "ci_method": "{}",
    "policy": "{}",
    "inclusion": "{}",
}
_INTERVALS: Final = {
    "wald": "Wald interval",
    "hk": "Hartung-Knapp interval without floor",
    "hk-adhoc": "Hartung-Knapp interval with floor",
    "kr": "Kenward-Roger interval",
}
_OTHER_ANSWERS: Final = {
    "neither": "undecided",
    "differs": "differs by model",
    "unknown": "no interval",
    "within": "within the margin",
    "not-shown": "not shown to be within the margin",
    "beyond": "beyond the margin",
}
# Inclusion rules whose names begin like those of leave-one-out.
_RULES: Final = ("without flagged rows", "without interim reports")
_WEIGHTS: Final = {"L0": "L₀", "R0": "R₀"}


@dataclass(frozen=True)
class RobustnessRow:
    """A group as the table on robustness shows it; all texts are ready to print.

    Attributes
    ----------
    answer, holds : str
        Of the main analysis, and in how many analyses it holds.
    split : str
        How many analyses give each answer, in the order of the table's heading.
    range, leave_one_out : str
        Of the estimates in all analyses, and without one trial.
    sentences : tuple of str
        The same and more in words.
    """

    label: str
    k: str
    answer: str
    holds: str
    split: str
    range: str
    leave_one_out: str
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class RefitRow:
    """A pool of some of the trials."""

    group: str
    analysis: str
    k: str
    effect: str
    tau2: str
    answer: str


@dataclass(frozen=True)
class Robustness:
    """What the section on robustness shows."""

    split_heading: str
    untested: str
    rows: tuple[RobustnessRow, ...]
    refits: tuple[RefitRow, ...]


def robustness(record: Record) -> Robustness | None:
    """Prepare the section; None for a record without analyses of robustness.

    Parameters
    ----------
    record : mapping
        A result record.
    """
    found = {item.get("kind"): item for item in record.get("sensitivity") or ()}
    if not (found.get("multiverse") or {}).get("results"):
        return None
    rows = tuple(_row(entry, found, record) for entry in found["multiverse"]["results"])
    measure = get_measure(record["measure"])
    refits = tuple(
        RefitRow(
            group=row["group"],
            analysis=row["analysis"],
            k=fmt.whole(row["k"]),
            effect=fmt.effect_with_interval(
                row["estimate"], row["ci_lower"], row["ci_upper"], measure
            ),
            tau2=fmt.tau_squared(row["tau2"] if row["k"] > 1 else None),
            answer=answer_words(row["answer"], record),
        )
        for kind in ("leave-one-out", "cumulative")
        for row in _of(found, kind)
    )
    null = null_text(record)
    by_margin = record.get("design", "superiority") != "superiority"
    heading = f"below {null} | across | above" if not by_margin else "within | not shown | beyond"
    return Robustness(heading, _untested(_of(found, "small-study")), rows, refits)


def _untested(rows: Sequence[Record]) -> str:
    """Say where small-study effects were not tested, and why."""
    few = [row for row in rows if not row["enough"]]
    if not few:
        return ""
    where = "" if len(few) == len(rows) else f" ({'; '.join(row['group'] for row in few)})"
    return (
        "Tests of small-study effects, trim and fill, selection model and PET-PEESE need ten "
        f"trials or more in a group; fewer cannot tell such effects from chance. Not done{where}."
    )


def answer_words(answer: str | None, record: Record) -> str:
    """Say what an answer means, for example "fewer deaths with the experimental treatment"."""
    if answer in ("lower", "higher"):
        side: Direction = "lower" if answer == "lower" else "higher"
        return describe_side(side, record)
    return _OTHER_ANSWERS.get(answer or "", "no verdict")


def _of(found: Mapping[Any, Record], kind: str, group: str | None = None) -> list[Record]:
    rows = (found.get(kind) or {}).get("results") or ()
    return [row for row in rows if group is None or row["group"] == group]


def _span(low: float, high: float, measure: Measure) -> str:
    return f"{fmt.effect(low, measure)} to {fmt.effect(high, measure)}"


def _row(entry: Record, found: Mapping[Any, Record], record: Record) -> RobustnessRow:
    measure = get_measure(record["measure"])
    group = entry["group"]
    judged = entry["share"] is not None
    left_out = _of(found, "leave-one-out", group)
    ends = _ends(left_out)
    return RobustnessRow(
        label=group,
        k=fmt.whole(entry["k"]),
        answer=answer_words(entry["answer"], record),
        holds=f"{entry['holds']} of {entry['analyses']} ({fmt.percent(entry['share'], 0)})"
        if judged
        else fmt.NOT_AVAILABLE,
        split=" | ".join(str(n) for n in _split(entry["answers"])),
        range=_span(entry["estimate_min"], entry["estimate_max"], measure),
        leave_one_out=_span(ends[0]["estimate"], ends[1]["estimate"], measure)
        if ends
        else fmt.NOT_AVAILABLE,
        sentences=(
            *_multiverse(entry, record, measure),
            *_leave_one_out(left_out, entry, record, measure),
            *_influence(_of(found, "influence", group)),
            *_gosh(_of(found, "gosh", group), measure),
            *_small_study(_of(found, "small-study", group), measure),
        ),
    )


def _split(answers: Mapping[str, int]) -> list[int]:
    """Bring answers about sides into the order of an axis."""
    order = ("lower", "neither", "higher") if "lower" in answers else tuple(answers)
    return [answers[name] for name in order]


def _ends(rows: Sequence[Record]) -> tuple[Record, Record] | None:
    if not rows:
        return None
    return min(rows, key=lambda r: r["estimate"]), max(rows, key=lambda r: r["estimate"])


def _multiverse(entry: Record, record: Record, measure: Measure) -> Iterator[str]:
    size = f"{_count(entry['sets'], 'set')} of trials under {entry['models']} models"
    others = [f"{answer_words(name, record)} in {n}" for name, n in entry["answers"].items() if n]
    span = _span(entry["estimate_min"], entry["estimate_max"], measure)
    if entry["share"] is not None:
        yield (
            f"The answer holds in {entry['holds']} of {entry['analyses']} analyses "
            f"({fmt.percent(entry['share'], 0)}; {size}); estimates from {span}."
        )
        overturned = list(dict.fromkeys(map(_change, entry["overturned_by"])))
        yield (
            f"Each of these changes alone leads to another answer: {'; '.join(overturned)}."
            if overturned
            else "No single change of model, policy or trials leads to another answer."
        )
    elif any(entry["answers"].values()):
        reason = (
            "The models differ, so there is no answer to hold"
            if entry["answer"] == "differs"
            else "There is no verdict to hold"
        )
        yield (
            f"{reason}; of {entry['analyses']} analyses ({size}): {'; '.join(others)}. "
            f"Estimates from {span}."
        )
    if entry["without_interval"]:
        yield f"In {entry['without_interval']} more no interval exists."
    few = [x for x in entry["too_few"] if entry["k"] > 2 or not x.startswith("without ")]
    # Of two trials, leaving one out always leaves one.
    few += [x for x in entry["too_few"] if x in _RULES and x not in few]
    if few:
        yield f"Fewer than two trials are left under: {'; '.join(few)}."


def _change(change: Record) -> str:
    value = str(change["value"])
    if change["choice"] == "ci_method":
        return _INTERVALS.get(value, value)
    if value == "CE":
        return "common effect"
    if change.get("ci_method") == "bayes":
        return "Bayesian model"
    return _CHOICES[change["choice"]].format(value)


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def _leave_one_out(
    rows: Sequence[Record], entry: Record, record: Record, measure: Measure
) -> Iterator[str]:
    ends = _ends(rows)
    if ends is None:
        return
    low, high = ends
    text = (
        f"Without one trial the estimate runs from {fmt.effect(low['estimate'], measure)} "
        f"({low['analysis']}) to {fmt.effect(high['estimate'], measure)} ({high['analysis']})"
    )
    changed = [row["analysis"] for row in rows if row["answer"] != entry["answer"]]
    if entry["share"] is None:
        yield f"{text}."
    elif changed:
        yield f"{text}; the answer changes {', '.join(changed)}."
    else:
        yield f"{text}; the answer stays."


def _influence(rows: Sequence[Record]) -> Iterator[str]:
    if rows:
        names = [row["trial"] for row in rows if row["influential"]]
        yield f"Influential trials: {', '.join(names) if names else 'none'}."


def _gosh(rows: Sequence[Record], measure: Measure) -> Iterator[str]:
    for row in rows:
        which = "" if row["complete"] else " (a random sample)"
        same = (
            f"{fmt.percent(row['same'], 0)} give the same answer, "
            if row["same"] is not None
            else ""
        )
        text = (
            f"Of {row['subsets']} subsets of two trials or more{which} {same}"
            f"with estimates from {_span(row['minimum'], row['maximum'], measure)}"
        )
        if row["splits"] is not None:
            text += (
                f"; {row['splits']} divides them most (median "
                f"{fmt.effect(row['median_with'], measure)} with it, "
                f"{fmt.effect(row['median_without'], measure)} without)"
            )
        yield f"{text}."


def _small_study(rows: Sequence[Record], measure: Measure) -> Iterator[str]:
    for row in rows:
        if not row["enough"]:
            continue
        tests = [
            f"{test['name']} {fmt.p_statement(test['p_value'])}"
            for test in row["regression_tests"]
            if test["p_value"] is not None
        ]
        if row["rank_test"]["p_value"] is not None:
            tests.append(f"rank correlation {fmt.p_statement(row['rank_test']['p_value'])}")
        if tests:
            yield f"Tests of small-study effects: {'; '.join(tests)}."
        adjusted = list(_adjusted(row, measure))
        if adjusted:
            yield (
                f"Estimates that allow for them, none of which is a correction: "
                f"{'; '.join(adjusted)}."
            )
        model = row["selection_model"]
        if model["note"]:
            yield f"No selection model: {model['note']}."
        elif model["multimodal"]:
            yield "The likelihood of the selection model has another maximum about as high."


def _adjusted(row: Record, measure: Measure) -> Iterator[str]:
    def shown(pool: Record) -> str:
        return fmt.effect_with_interval(
            pool["estimate"], pool["ci_lower"], pool["ci_upper"], measure
        )

    for filled in row["trim_and_fill"]:
        if filled["pooled"] is not None:
            name = f"trim and fill {_WEIGHTS[filled['estimator']]} ({filled['k0']} filled in)"
            yield f"{name} {shown(filled['pooled'])}"
    if row["selection_model"]["estimate"] is not None:
        test = fmt.p_statement(row["selection_model"]["lrt_p_value"])
        yield f"selection model {shown(row['selection_model'])} (no selection: {test})"
    if row["pet_peese"]["estimate"] is not None:
        yield f"{row['pet_peese']['chosen']} {shown(row['pet_peese'])}"
