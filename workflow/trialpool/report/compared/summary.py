"""The summary of findings of a comparison, ready to print: every number is a text here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from trialpool import formatting as fmt
from trialpool.evidence.certainty import DOMAINS, OVERALL
from trialpool.measures import Measure, get_measure
from trialpool.questions.shared.words.absolute import (
    control_per_1000,
    gain_words,
    medians_words,
    number_needed,
    per_1000,
    treatment_per_1000,
    what_is_counted,
)
from trialpool.questions.shared.words.sides import joined
from trialpool.records.summary.certainty import (
    CertaintyInputs,
    Imprecision,
    Inconsistency,
    Indirectness,
    OptimalInformation,
    ResultNotPooled,
    RiskOfBiasCoverage,
    Zone,
)
from trialpool.records.summary.findings import Outcome, SummaryOfFindings

NOT_JUDGED: Final = "not judged"
_NO_CONTROL: Final = "no control risk is known"
_ZONES: Final[dict[Zone, str]] = {
    "benefit": "benefit",
    "little-or-no-difference": "little or no difference",
    "harm": "harm",
}


@dataclass(frozen=True)
class JudgementText:
    """What somebody judged of a domain, why, and who it was when."""

    domain: str
    judgement: str
    reason: str
    signed: str


@dataclass(frozen=True)
class FindingRow:
    """One outcome; all texts are ready to print, empty where there is nothing to say.

    Attributes
    ----------
    name : str
        The outcome in words.
    question, title : str
        Id of the question that pools it, and its title where names alone tell rows not apart.
    counted : str
        What the numbers of patients are of: "deaths by 24 months".
    control, treatment : str
        Of 1,000 patients, without and with the treatment.
    difference, needed : str
        In 1,000 patients; number needed to treat.
    source : str
        Where the control risk comes from, and what was assumed; or that none is known.
    effect, measure : str
    medians : tuple of str
        As printed, trial by trial.
    gain : str
        Difference in median time, and what it assumes.
    trials, patients : str
    certainty : str
        "not judged" where nobody did.
    judgements : tuple of JudgementText
    inputs : tuple of (str, str)
        What the certainty rests on: domain and what is known.
    not_pooled : tuple of (str, str, str)
        Trial, what it prints, why it is in no pool.
    """

    name: str
    question: str
    title: str
    counted: str
    control: str
    treatment: str
    difference: str
    needed: str
    source: str
    effect: str
    measure: str
    medians: tuple[str, ...]
    gain: str
    trials: str
    patients: str
    certainty: str
    judgements: tuple[JudgementText, ...]
    inputs: tuple[tuple[str, str], ...]
    not_pooled: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class FindingsTable:
    """The table of one comparison.

    Attributes
    ----------
    level : str
        Of the intervals: "95%".
    rows : tuple of FindingRow
    has_medians : bool
    """

    level: str
    rows: tuple[FindingRow, ...]
    has_medians: bool

    @property
    def columns(self) -> int:
        """How many the table has."""
        return 8 if self.has_medians else 7


def findings_table(summary: SummaryOfFindings) -> FindingsTable | None:
    """Prepare the table of a comparison; None where there is no outcome."""
    if not summary.outcomes:
        return None
    names = Counter(outcome.names for outcome in summary.outcomes)
    rows = tuple(_row(one, is_alone=names[one.names] == 1) for one in summary.outcomes)
    return FindingsTable(
        level=fmt.level(summary.outcomes[0].level),
        rows=rows,
        has_medians=any(row.medians or row.gain for row in rows),
    )


def _row(outcome: Outcome, *, is_alone: bool) -> FindingRow:
    measure, absolute = get_measure(outcome.measure), outcome.absolute
    known = absolute is not None
    months = absolute.landmark_months if absolute is not None else None
    name = " or ".join(outcome.names)
    source = _NO_CONTROL if outcome.k else ""
    if absolute is not None:
        source = "; ".join((absolute.control_risk_source, *absolute.assumptions))
    return FindingRow(
        name=name[:1].upper() + name[1:],
        question=outcome.question,
        title="" if is_alone else outcome.title,
        counted=what_is_counted(outcome, outcome.names, months) if known else "",
        control=control_per_1000(absolute) if absolute is not None else fmt.NOT_AVAILABLE,
        treatment=treatment_per_1000(absolute) if absolute is not None else fmt.NOT_AVAILABLE,
        difference=per_1000(absolute) if absolute is not None else fmt.NOT_AVAILABLE,
        needed=number_needed(absolute) if absolute is not None else "",
        source=source,
        effect=_effect(outcome, measure),
        measure=_measure(measure) if outcome.k else "",
        medians=tuple(map(medians_words, outcome.medians)),
        gain=gain_words(absolute.median_gain) if absolute is not None else "",
        trials=fmt.whole(outcome.k),
        patients=_patients(outcome),
        certainty=outcome.certainty or NOT_JUDGED,
        judgements=_judgements(outcome),
        inputs=() if outcome.inputs is None else _inputs(outcome, outcome.inputs, measure),
        not_pooled=tuple(map(_not_pooled, outcome.not_pooled)),
    )


def _measure(measure: Measure) -> str:
    return measure.code if measure.is_ratio else f"{measure.name}, percentage points"


def _effect(outcome: Outcome, measure: Measure) -> str:
    """Print the effect: of a single trial in the digits of its report."""
    if outcome.printed is not None:
        return fmt.as_printed(outcome.printed.texts, measure)
    if outcome.estimate is None:
        return "no result could be pooled"
    return fmt.effect_with_interval(outcome.estimate, outcome.ci_lower, outcome.ci_upper, measure)


def _patients(outcome: Outcome) -> str:
    if outcome.n is None:
        return ""
    return fmt.at_least(fmt.whole(outcome.n), outcome.n_is_minimum)


def _judgements(outcome: Outcome) -> tuple[JudgementText, ...]:
    """Return what was judged, the certainty itself first, then in the order of the domains."""
    order = list(DOMAINS)
    return tuple(
        JudgementText(
            domain="certainty" if one.domain == OVERALL else one.domain,
            judgement=one.judgement,
            reason=one.reason,
            signed=", ".join(filter(None, (one.by, one.date))),
        )
        for one in sorted(outcome.judgements, key=lambda one: order.index(one.domain))
    )


def _not_pooled(result: ResultNotPooled) -> tuple[str, str, str]:
    return result.label, "; ".join(result.printed), "; ".join(result.reasons)


def _inputs(
    outcome: Outcome, inputs: CertaintyInputs, measure: Measure
) -> tuple[tuple[str, str], ...]:
    found = [
        ("risk of bias", _coverage(inputs.risk_of_bias)),
        ("inconsistency", _inconsistency(inputs.inconsistency, measure)),
        ("indirectness", _indirectness(inputs.indirectness)),
        ("imprecision", _imprecision(outcome, inputs.imprecision, measure)),
        ("publication bias", _missing(outcome.not_pooled)),
    ]
    return tuple((domain, text) for domain, text in found if text)


def _coverage(found: RiskOfBiasCoverage) -> str:
    if not found.judged:
        return NOT_JUDGED
    tools = f" by {joined(list(found.tools))}" if found.tools else ""
    overall = ", ".join(
        f"{fmt.whole(number)} {word} ({fmt.percent(found.weights.get(word), 0)} of the weight)"
        for word, number in found.overall.items()
    )
    text = f"{fmt.whole(found.judged)} of {_trials(found.trials)} judged{tools}"
    return f"{text}: {overall}" if overall else text


def _trials(number: int) -> str:
    return f"{fmt.whole(number)} {'trial' if number == 1 else 'trials'}"


def _held(zones: Sequence[Zone]) -> str:
    words = joined([_ZONES[zone] for zone in zones])
    return f"{words} alone" if len(zones) == 1 else words


def _inconsistency(found: Inconsistency | None, measure: Measure) -> str:
    if found is None:
        return "one trial, not replicated"
    i2 = fmt.i_squared_with_interval(found.i2_q, found.i2_q_ci_lower, found.i2_q_ci_upper)
    text = f"I² {i2}"
    if found.reaches:
        limits = fmt.interval(found.pi_lower, found.pi_upper, measure)
        text += f"; prediction interval {limits}: {_held(found.reaches)}"
    return text


def _imprecision(outcome: Outcome, found: Imprecision | None, measure: Measure) -> str:
    if found is None:
        return ""
    parts = [f"the interval holds {_held(found.reaches)}"]
    if found.information is not None:
        parts.append(_information(outcome, found.information, measure))
    if found.hangs_on_one_trial:
        parts.append("hangs on one trial")
    return "; ".join(parts)


def _information(outcome: Outcome, found: OptimalInformation, measure: Measure) -> str:
    """Say how much of the information there is that one sufficient trial would hold."""
    sign = -1.0 if outcome.benefit == "lower" else 1.0
    size = f"{measure.code} {fmt.effect(sign * found.effect, measure)}"
    if found.target == "margin":
        size = f"{measure.code} {fmt.effect(-sign * found.effect, measure)} to be excluded"
    reached = "reached" if found.is_reached else "not reached"
    return (
        f"optimal information size {reached}: {fmt.percent(found.fraction, 0)} of that for {size} "
        f"(power {fmt.percent(found.power, 0)})"
    )


def _indirectness(found: Indirectness) -> str:
    """Name in what the trials differ, or that they do not."""
    parts = [
        f"{name}: {' or '.join(values)}"
        for name, values in found.columns.items()
        if len(values) > 1
    ]
    if len(found.backgrounds) > 1:
        sets = [" + ".join(one) or "nothing else" for one in found.backgrounds]
        parts.append(f"on both sides: {'; or '.join(sets)}")
    for words, values in (
        ("patients", found.populations),
        ("endpoints", found.endpoints),
        ("definitions", found.definitions),
    ):
        if len(values) > 1:
            parts.append(f"{words}: {' or '.join(values)}")
    if found.control_risk_of_others:
        parts.append("the control risk is of other patients")
    return "; ".join(parts) or "the trials share treatment, background, patients and endpoint"


def _missing(results: Sequence[ResultNotPooled]) -> str:
    if not results:
        return "no known result is left out of the pool"
    number = len(results)
    noun = "result is" if number == 1 else "results are"
    return f"{fmt.whole(number)} known {noun} not in the pool"
