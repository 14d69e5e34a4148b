"""The page of a comparison of treatments: its absolute effects."""

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
from trialpool.questions.shared.words.sides import endpoint_names, joined
from trialpool.questions.shared.words.wording import Citations, Section
from trialpool.records.comparison import ComparisonResult
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


def figures(_: ComparisonResult) -> tuple[str, ...]:
    """Name the figures beside the forest plot: none."""
    return ()


def parts(result: ComparisonResult) -> tuple[Part, ...]:
    """Prepare the absolute effects; nothing for a result without any."""
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


def _what(result: ComparisonResult) -> str:
    """Name what is counted: "progressions or deaths by 12 months"."""
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
    """Say how absolute effects are computed; nothing where there is none."""
    found = [
        (group.absolute, get_measure(result.measure))
        for result in results
        for group in result.groups
        if group.absolute is not None
    ]
    if not found:
        return None
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
    return Section("Absolute effects", (text,))
