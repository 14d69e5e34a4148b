"""The page of a comparison of treatments: absolute effects, and what more evidence would do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from trialpool import formatting as fmt
from trialpool.measures import get_measure
from trialpool.questions.shared.words.absolute import (
    control_percent,
    gain_words,
    medians_words,
    number_needed,
    per_1000,
    what_is_counted,
)
from trialpool.questions.shared.words.parts import Part
from trialpool.questions.shared.words.sides import (
    effect_text,
    endpoint_names,
    joined,
)
from trialpool.questions.shared.words.wording import Citations, Section
from trialpool.records.comparison import BorrowedEffect, ComparisonResult, MoreEvidence
from trialpool.records.groups import Group

FOREST_REMARK: Final = ""


@dataclass(frozen=True)
class AbsoluteRow:
    """A group in absolute terms; all texts are ready to print.

    Attributes
    ----------
    medians : tuple of str
        As printed, trial by trial.
    gain : str
        Difference in median time, and what it assumes.
    """

    label: str
    control: str
    source: str
    assumptions: str
    treatment: str
    per_1000: str
    needed: str
    gain: str
    medians: tuple[str, ...]


@dataclass(frozen=True)
class AbsoluteSection:
    """What the table of absolute effects shows."""

    what: str
    rows: tuple[AbsoluteRow, ...]
    has_medians: bool


@dataclass(frozen=True)
class EvidenceRow:
    """What a group holds and lacks; all texts are ready to print.

    Attributes
    ----------
    k, tau, reached, missing : str
    changes : str
        Probability of another verdict after one more trial.
    after : str
        Words after it, the likeliest first.
    looks : tuple of str
        Year by year: z against its boundary.
    """

    label: str
    k: str
    tau: str
    reached: str
    missing: str
    changes: str
    after: str
    looks: tuple[str, ...]


@dataclass(frozen=True)
class EvidenceSection:
    """What the table of more evidence shows."""

    effect: str
    power: str
    alpha: str
    rows: tuple[EvidenceRow, ...]
    has_looks: bool


@dataclass(frozen=True)
class BorrowedRow:
    """A group with what the early endpoint says; all texts are ready to print."""

    label: str
    model: str
    k: str
    both: str
    effect: str
    tau: str


@dataclass(frozen=True)
class BorrowedSection:
    """What the table of borrowed strength shows; `too_few` names groups that are not fitted."""

    early: str
    rows: tuple[BorrowedRow, ...]
    too_few: str


# What verdicts are called after one more trial.
_AFTER: Final = {
    "benefit": "benefit",
    "leans-to-benefit": "leans to benefit",
    "not-settled": "not settled",
    "leans-to-harm": "leans to harm",
    "harm": "harm",
    "little-or-no-difference": "little or no difference",
}
# Rarer words are not told.
_RARE: Final = 0.005


def figures(_: ComparisonResult) -> tuple[str, ...]:
    """Name the figures beside the forest plot: none."""
    return ()


def parts(result: ComparisonResult) -> tuple[Part, ...]:
    """Prepare absolute effects, borrowed strength and more evidence, where there is any."""
    return (*_absolute(result), *_borrowed(result), *_evidence(result))


def _absolute(result: ComparisonResult) -> tuple[Part, ...]:
    rows = tuple(
        _row(group) for group in result.groups if group.absolute is not None or group.medians
    )
    if not rows:
        return ()
    shown = AbsoluteSection(
        what=_what(result),
        rows=rows,
        has_medians=any(row.medians or row.gain for row in rows),
    )
    return (Part("course", "comparison/page.html.j2", shown),)


def _borrowed(result: ComparisonResult) -> tuple[Part, ...]:
    found = result.borrowed
    if found is None:
        return ()
    several = {group.label for group in result.groups if group.k > 1}
    few = [f"{name} ({fmt.whole(k)})" for name, k in found.too_few.items() if name in several]
    shown = BorrowedSection(
        early=found.early,
        rows=tuple(_borrowed_row(one, result) for one in found.effects),
        too_few="; ".join(few),
    )
    return (Part("course", "comparison/page.borrowed.html.j2", shown),)


def _borrowed_row(found: BorrowedEffect, result: ComparisonResult) -> BorrowedRow:
    model = "alone"
    if found.correlation is not None:
        model = f"correlation within trials {fmt.plain(found.correlation)}"
    return BorrowedRow(
        label=found.group,
        model=model,
        k=fmt.whole(found.k),
        both=fmt.NOT_AVAILABLE if found.correlation is None else fmt.whole(found.k_both),
        effect=effect_text(found, get_measure(result.measure)),
        tau=fmt.number(found.tau2**0.5),
    )


def _evidence(result: ComparisonResult) -> tuple[Part, ...]:
    if not result.more_evidence:
        return ()
    groups = {group.label: group for group in result.groups}
    first = result.more_evidence[0]
    shown = EvidenceSection(
        effect=fmt.effect(first.effect, get_measure(result.measure)),
        power=fmt.chance(first.power),
        alpha=fmt.plain(round(first.alpha, 10)),
        rows=tuple(_evidence_row(one, groups[one.group]) for one in result.more_evidence),
        has_looks=any(one.looks for one in result.more_evidence),
    )
    return (Part("course", "comparison/page.evidence.html.j2", shown),)


def _evidence_row(found: MoreEvidence, group: Group) -> EvidenceRow:
    following = found.next_trial
    words = () if following is None else sorted(following.words.items(), key=lambda one: -one[1])
    changes = None if following is None else following.changes
    return EvidenceRow(
        label=found.group,
        k=fmt.whole(group.k),
        tau=fmt.number(found.tau2**0.5),
        reached=fmt.percent(found.fraction, 0),
        missing=_trials(found.further_trials),
        changes=fmt.NOT_AVAILABLE if changes is None else fmt.chance(changes),
        after="; ".join(f"{_AFTER[word]} {fmt.chance(p)}" for word, p in words if p >= _RARE)
        or fmt.NOT_AVAILABLE,
        looks=tuple(
            f"{look.year}: {fmt.percent(look.fraction, 0)}, z {fmt.number(look.z)}, boundary "
            f"{fmt.number(look.boundary)}"
            for look in found.looks
        ),
    )


def _trials(number: int) -> str:
    if not number:
        return "none"
    return f"{fmt.whole(number)} {'trial' if number == 1 else 'trials'}"


def _what(result: ComparisonResult) -> str:
    """Name what is counted: "strokes or deaths by 12 months"."""
    known = [group.absolute for group in result.groups if group.absolute is not None]
    months = next((absolute.landmark_months for absolute in known), None)
    return what_is_counted(result, endpoint_names(result), months)


def _row(group: Group) -> AbsoluteRow:
    medians = tuple(map(medians_words, group.medians))
    found = group.absolute
    if found is None:
        no = fmt.NOT_AVAILABLE
        return AbsoluteRow(group.label, no, "no control risk is known", "", no, no, no, "", medians)
    return AbsoluteRow(
        label=group.label,
        control=control_percent(found),
        source=found.control_risk_source,
        assumptions="; ".join(found.assumptions),
        treatment=fmt.percent(found.treatment_risk.estimate, 0),
        per_1000=per_1000(found),
        needed=number_needed(found),
        gain=gain_words(found.median_gain),
        medians=medians,
    )


def methods(results: Sequence[ComparisonResult], cite: Citations) -> Section | None:
    """Say how absolute effects and information sizes are computed; nothing where there are none."""
    texts = [text for text in (_absolute_text(results, cite), _evidence_text(results)) if text]
    return Section("Absolute effects and information", tuple(texts)) if texts else None


def _evidence_text(results: Sequence[ComparisonResult]) -> str:
    if not any(result.more_evidence for result in results):
        return ""
    looks = any(one.looks for result in results for one in result.more_evidence)
    return (
        "How much more evidence a group would take: the information that finds the effect "
        "declared important, with the τ of its primary model (of one trial that of the prior), "
        "against what its trials hold (Wetterslev 2008, J Clin Epidemiol 61:64). One more trial "
        "comes from the posterior prediction, as precise as the median of those at hand; the "
        "verdict is given again for each result that it may have, weighted by how likely that is "
        "(Sutton 2007, Stat Med 26:2479). Neither changes a verdict. Designs with a margin and "
        "groups whose comparisons share an arm are left out."
        + (
            " Boundaries for repeated looks spend the error as O’Brien and Fleming (Lan and DeMets "
            "1983, Biometrika 70:659); they are a diagnostic, and no verdict uses them."
            if looks
            else ""
        )
    )


def _absolute_text(results: Sequence[ComparisonResult], cite: Citations) -> str:
    found = [
        (group.absolute, get_measure(result.measure))
        for result in results
        for group in result.groups
        if group.absolute is not None
    ]
    if not found:
        return ""
    text = (
        "The effect of each group is put into absolute terms at the risk of a control arm, never "
        "without one: the median over the control arms of the group’s own trials."
    )
    timed = any(absolute.landmark_months is not None for absolute, _ in found)
    if timed:
        text += (
            " For times to an event it is the risk at a landmark of the question, and S₁ = S₀^HR "
            f"{cite('altman1999')}: the rate that a report prints for the landmark, else the "
            "published curve where its medians are the printed ones, else the exponential curve "
            "through the printed median if the landmark lies between 0.4 and 2 medians "
            "(“exponential assumed”)."
        )
    counted = {measure.name for absolute, measure in found if absolute.landmark_months is None}
    if counted:
        names = joined(sorted(counted))
        text += f" For responses it comes from the counts, the effect from the {names}."
    text += (
        " Such a risk is taken as fixed: it errs against the effect that is measured on the same "
        "patients."
    )
    if any(absolute.control_risk_ci_lower is not None for absolute, _ in found):
        text += (
            " The interval of a control risk from other patients is carried through "
            f"{cite('newcombe2014')}."
        )
    text += (
        " Numbers needed to treat are rounded up; where the interval holds no difference it runs "
        f"through infinity {cite('altman1998')}."
    )
    if timed:
        text += " A difference in median time is that of hazards that do not change."
    return text
