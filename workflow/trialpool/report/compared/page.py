"""The page of one comparison, ready to print: sentences, small forests, what stands beside."""

from __future__ import annotations

from dataclasses import dataclass

from trialpool import formatting as fmt
from trialpool.questions.shared.words.models import MODEL_NAMES, models_shown, support
from trialpool.questions.shared.words.sides import capital, effect_text
from trialpool.records.files import to_plain
from trialpool.records.groups import Group
from trialpool.records.results import ComparativeResult
from trialpool.report.compared.forest import Forest, small_forest
from trialpool.report.compared.matrix import counted, unit_of
from trialpool.report.compared.outcomes import Compared, Held, LeftOut, Outcome
from trialpool.report.compared.verdicts import Glance, glance
from trialpool.report.reanalyses import Sensitivity, sensitivities
from trialpool.report.robustness import robustness
from trialpool.report.site.page import question_path, trial_path
from trialpool.report.tables import GroupRow, flatten, group_rows


@dataclass(frozen=True)
class Beside:
    """A result of another question: where it stands, what it is about, and its number."""

    href: str
    title: str
    about: str
    effect: str
    trials: str


@dataclass(frozen=True)
class Outside:
    """A result that no pool holds: as printed, and why."""

    trial: str
    href: str
    printed: str
    reason: str
    where: str


@dataclass(frozen=True)
class Model:
    """A model of a group: name, estimate with interval, how sure."""

    name: str
    effect: str
    support: str


@dataclass(frozen=True)
class Shown:
    """One outcome on the page of a comparison; all texts are ready to print.

    Attributes
    ----------
    anchor, name : str
    question, title : str
        Page and title of the question that speaks.
    sentence : str
        Its verdict, without the name of the comparison.
    glance : Glance or None
        None where nothing is pooled.
    counted : str
        Trials and patients.
    forest : Forest or None
    remarks : tuple of str
        On the prediction interval and on how trials differ.
    heterogeneity : str
        Empty for one trial.
    beside : tuple of Beside
        Other measures, and other patients.
    outside : tuple of Outside
    group : GroupRow or None
    models : tuple of Model
        Empty for one trial.
    sensitivity : tuple of Sensitivity
    robustness : tuple of str
    settings : tuple of (str, str)
    files : tuple of (str, str)
        Place on the site and name of each file.
    """

    anchor: str
    name: str
    question: str
    title: str
    sentence: str
    glance: Glance | None
    counted: str
    forest: Forest | None
    remarks: tuple[str, ...]
    heterogeneity: str
    beside: tuple[Beside, ...]
    outside: tuple[Outside, ...]
    group: GroupRow | None
    models: tuple[Model, ...]
    sensitivity: tuple[Sensitivity, ...]
    robustness: tuple[str, ...]
    settings: tuple[tuple[str, str], ...]
    files: tuple[tuple[str, str], ...] = ()

    @property
    def has_details(self) -> bool:
        """Whether there are other models or choices to show."""
        return bool(self.models or self.sensitivity or self.robustness)


@dataclass(frozen=True)
class ComparisonPage:
    """The page of a comparison.

    Attributes
    ----------
    outcomes : tuple of Shown
    modifiers, wider : tuple of Beside
        Who benefits; networks and other questions that hold its trials beside others.
    """

    outcomes: tuple[Shown, ...]
    modifiers: tuple[Beside, ...]
    wider: tuple[Beside, ...]


def comparison_page(one: Compared) -> ComparisonPage:
    """Prepare the page of a comparison."""
    return ComparisonPage(
        outcomes=tuple(_shown(one, outcome) for outcome in one.outcomes),
        modifiers=tuple(_beside(held) for held in one.modifiers),
        wider=tuple(Beside(_place_of(result), result.title, "", "", "") for result in one.wider),
    )


def _place_of(result: ComparativeResult) -> str:
    return f"site:{question_path(result.id)}"


def _shown(one: Compared, outcome: Outcome) -> Shown:
    main = outcome.main
    outside = tuple(_outside(left, main) for left in outcome.left_out)
    beside = tuple(_beside(held) for held in (*outcome.parts, *outcome.measures))
    if main is None:
        return Shown(
            anchor=outcome.slug, name=outcome.name, question="", title="",
            sentence=f"no result could be pooled; printed: {_printed(outside)}",
            glance=None, counted="", forest=None, remarks=(), heterogeneity="", beside=beside,
            outside=outside, group=None, models=(), sensitivity=(), robustness=(), settings=(),
        )  # fmt: skip
    group, result = main.group, main.result
    row = group_rows(result)[0]
    conclusion = row.conclusion
    found = robustness(result)
    return Shown(
        anchor=outcome.slug,
        name=outcome.name,
        question=_place_of(result),
        title=result.title,
        sentence=_sentence(group),
        glance=glance(group),
        counted=", ".join(counted(group)),
        forest=small_forest(one.comparison, outcome.name, result),
        remarks=conclusion.remarks,
        heterogeneity="" if group.k < 2 else f"τ {row.tau}; I² {row.i2_q}; {row.q_test}",
        beside=beside,
        outside=outside,
        group=row,
        models=_models(group, main),
        sensitivity=sensitivities(result),
        robustness=found.rows[0].sentences if found is not None else (),
        settings=tuple(flatten(to_plain(result.settings))),
    )


def _sentence(group: Group) -> str:
    """Return the verdict without the name of the comparison, which heads the page."""
    return group.sentence.removeprefix(f"{group.label}: ")


def _models(group: Group, main: Held) -> tuple[Model, ...]:
    return tuple(
        Model(MODEL_NAMES[name], effect_text(pool, main.measure), support(pool))
        for name, pool in models_shown(group).items()
    )


def _beside(held: Held) -> Beside:
    result, group = held.result, held.group
    effect = group_rows(result)[0].effect
    code = result.measure if held.measure.is_ratio else ""
    shown = f"{code} {effect} {unit_of(held.result)}".strip()
    label = group.label if held.measure.ratio_of else ""
    return Beside(_place_of(result), result.title, label, shown, ", ".join(counted(group)))


def _printed(outside: tuple[Outside, ...]) -> str:
    return "; ".join(f"{row.printed} ({row.trial})" for row in outside)


def _outside(left: LeftOut, main: Held | None) -> Outside:
    row = left.row
    return Outside(
        trial=row.label or row.trial_id,
        href=f"site:{trial_path(row.trial_id)}",
        printed=" v ".join(row.printed) or fmt.NOT_AVAILABLE,
        reason=capital("; ".join(row.reasons)),
        where=left.title if main is not None and left.question != main.result.id else "",
    )
