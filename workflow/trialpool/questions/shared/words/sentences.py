"""The one sentence of a group: estimate, number of trials, verdict, certainty."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from trialpool import formatting as fmt
from trialpool.measures import Direction, Measure, get_measure
from trialpool.questions.shared.words.sides import Estimated, effect_text
from trialpool.records.groups import Flag, Verdict
from trialpool.records.settings import QuestionHead

NOT_JUDGED: Final = "certainty not judged"
FLAGS: Final[dict[str, str]] = {
    "prior": "hangs on the prior of τ",
    "one-trial": "hangs on one trial",
    "shared-arm": "comparisons share an arm",
    "inferred": "the direction of a number was inferred",
    "surrogate-source": "rests mostly on sources other than articles",
}
_SIZES: Final = {"important": "important", "smaller-than-important": "smaller than important"}
_MARGINS: Final = {
    "within-margin": "within the margin",
    "margin-not-shown": "not shown to be within the margin",
    "beyond-margin": "beyond the margin",
}


@dataclass(frozen=True)
class Voice:
    """How a kind of question speaks.

    Attributes
    ----------
    side : callable
        What a side of no difference means: "fewer deaths". Takes a side and a question or
        result of the kind.
    of_levels : bool
        Whether levels of a marker are compared, not treatments.
    per : callable
        Of a slope, what a step of 1 is in words: "unit of the marker"; else empty.
    """

    side: Callable[[Direction, Any], str]
    of_levels: bool = False
    per: Callable[[Any], str] = lambda _: ""


@dataclass(frozen=True)
class Said:
    """What a sentence says of one group.

    Attributes
    ----------
    label : str
    k : int
    pool : Estimated
        Estimate and interval of the primary model, on the analysis scale.
    verdict : Verdict or None
    p_inside, p_within : float or None
        Of lying inside the null band, within the margin.
    band, margin : (float or None, float or None) or None
        Their limits on the analysis scale.
    printed : (str, str, str) or None
        Of a single trial, estimate and limits in the digits of its report.
    mixes_interim : bool
        Whether interim analyses stand beside later ones.
    certainty : str
        That somebody judged; empty where nobody did.
    follow_up : (float, float) or None
        Shortest and longest follow-up of its trials in months, where they differ much.
    """

    label: str
    k: int
    pool: Estimated
    verdict: Verdict | None
    p_inside: float | None = None
    p_within: float | None = None
    band: tuple[float, float] | None = None
    margin: tuple[float | None, float | None] | None = None
    printed: tuple[str, str, str] | None = None
    mixes_interim: bool = False
    follow_up: tuple[float, float] | None = None
    certainty: str = ""


def sentence(said: Said, question: QuestionHead, voice: Voice) -> str:
    """Put a verdict into words: "…: HR 0.56 [0.41 to 0.77], 2 trials; benefit (99.6 %); …"."""
    measure = get_measure(question.measure)
    per = voice.per(question)
    step = f" per {per}" if per else ""
    effect = effect_text(said.pool, measure)
    if said.printed is not None:
        effect = fmt.as_printed(said.printed, measure)
    numbers = f"{measure.code}{step} {effect}{_unit(measure, question.unit)}"
    verdict = said.verdict
    if verdict is None:
        trials = "one trial" if said.k == 1 else f"{fmt.whole(said.k)} trials"
        missing = "margin" if said.margin is None else "level for the margin"
        parts = [f"{numbers}, {trials}", f"no verdict, because no {missing} is declared"]
    elif said.k == 1:
        parts = [f"in this trial {_of_one(said, verdict, question, voice)} ({numbers})"]
        if verdict.word not in ("trial-not-settled", "margin-not-shown"):
            parts.append("not replicated")
    else:
        words = _word(said, verdict, question, voice)
        parts = [f"{numbers}, {fmt.whole(said.k)} trials", ", ".join([words, *_size(verdict)])]
    flags = [] if verdict is None else [_flag(said, flag) for flag in verdict.flags]
    certainty = f"certainty {said.certainty}" if said.certainty else NOT_JUDGED
    return f"{said.label}: {'; '.join([*parts, *flags, certainty])}"


def _flag(said: Said, flag: Flag) -> str:
    if flag != "mixed-follow-up":
        return FLAGS[flag]
    words = ["interim and later analyses together"] if said.mixes_interim else []
    if said.follow_up is not None:
        shortest, longest = (fmt.whole(round(months)) for months in said.follow_up)
        words.append(f"follow-up of {shortest} to {longest} months")
    return ", ".join(words)


def _unit(measure: Measure, own: str) -> str:
    unit = "percentage points" if measure.code == "RD" else measure.unit or own
    return f" {unit}" if unit else ""


def _better(verdict: Verdict, question: QuestionHead) -> tuple[Direction, float]:
    """Return the likelier side of no difference, and how probable it is."""
    p = 0.5 if verdict.p_benefit is None else verdict.p_benefit
    better: Direction = "lower" if question.benefit == "lower" else "higher"
    worse: Direction = "higher" if better == "lower" else "lower"
    return (better, p) if p >= 0.5 else (worse, 1.0 - p)


def _margin(said: Said, verdict: Verdict, question: QuestionHead) -> str:
    lower, upper = said.margin or (None, None)
    limits = fmt.margin(lower, upper, get_measure(question.measure))
    return f"{_MARGINS[verdict.word]} {limits}"


def _of_one(said: Said, verdict: Verdict, question: QuestionHead, voice: Voice) -> str:
    if verdict.word in _MARGINS:
        return _margin(said, verdict, question)
    if verdict.word == "trial-not-settled":
        return "no difference settled"
    estimate = said.pool.estimate or 0.0
    return voice.side("lower" if estimate < 0.0 else "higher", question)


def _word(said: Said, verdict: Verdict, question: QuestionHead, voice: Voice) -> str:
    word, p = verdict.word, verdict.p_benefit
    if word in _MARGINS:
        within = said.p_within or 0.0
        chance = 1.0 - within if word == "beyond-margin" else within
        return f"{_margin(said, verdict, question)} ({fmt.chance(chance)})"
    if word == "little-or-no-difference":
        lower, upper = said.band or (None, None)
        band = fmt.interval(lower, upper, get_measure(question.measure))
        return f"little or no difference ({fmt.chance(said.p_inside)} within {band})"
    if word == "not-pooled" or p is None:
        return "not pooled"
    if voice.of_levels:
        side, chance = _better(verdict, question)
        found = f"{voice.side(side, question)} ({fmt.chance(chance)})"
        before = {"differs": "differs", "leans-to-differ": "leans to differ"}
        return f"{before.get(word, 'no difference settled')}: {found}"
    if word == "not-settled":
        return f"not settled (benefit {fmt.chance(p)})"
    chance = 1.0 - p if word in ("harm", "leans-to-harm") else p
    return f"{word.replace('-', ' ')} ({fmt.chance(chance)})"


def _size(verdict: Verdict) -> Iterator[str]:
    """Say how large the effect is, where that is settled and not said by the word."""
    p = verdict.p_important
    if verdict.size is None or p is None or verdict.word == "little-or-no-difference":
        return
    chance = p if verdict.size == "important" else 1.0 - p
    yield f"{_SIZES[verdict.size]} ({fmt.chance(chance)})"
