"""A question as it is asked, made of its settings in questions.yaml: the one place that does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeVar

from msgspec import structs

from trialpool.measures import Endpoint, Measure, get_measure
from trialpool.records.files import from_plain
from trialpool.records.settings import Asked, ComparativeAsked, VariantAsked

A = TypeVar("A", bound=Asked)
C = TypeVar("C", bound=ComparativeAsked)

# What a question that says nothing of it leaves out or prefers: nothing.
_DEFAULTS: Final[Mapping[str, Any]] = {
    "trials": {},
    "populations": (),
    "definitions": (),
    "contrasts": (),
    "multiarm": "",
    "choose": {},
    "joint_analyses": (),
    "exclude_trials": {},
    "exclude_rows": {},
    "biomarker": None,
}
_SIDES: Final[Mapping[str, str]] = {"experimental": "experimental", "control": "control"}


def asked_as(
    kind: type[A],
    question_id: str,
    settings: Mapping[str, Any],
    pooling: Mapping[str, Any],
    endpoints: Mapping[str, Endpoint],
) -> A:
    """Make the typed question of a kind, with every default filled in.

    Parameters
    ----------
    kind : type of Asked
        What only this kind asks for stands in `settings` under the names of its fields.
    question_id : str
    settings : mapping
        An entry of questions.yaml that its schema let pass.
    pooling : mapping
        ``pooling`` of config.yaml. Of the priors the measure's own is kept: another measure's
        is no business of this question.
    endpoints : mapping
    """
    measure = get_measure(settings["measure"])
    codes = settings["endpoints"]
    unit = settings.get("unit", "per person-year" if measure.code == "IRD" else "")
    plain = {
        **settings,
        "kind": kind.__struct_config__.tag,
        "schema_version": 1,
        "id": question_id,
        "question": settings["question"].strip(),
        "measure": measure.code,
        "scale": measure.scale,
        "measure_name": measure.name + (f" ({unit})" if unit else ""),
        "unit": unit,
        "design": settings.get("design", "superiority"),
        "endpoint_names": {code: endpoints[code].name for code in codes},
        "endpoint_events": {code: endpoints[code].events for code in codes},
        "benefit": endpoints[codes[0]].benefit(measure),
        "arm_names": settings.get("arm_names", _SIDES),
        "filters": {**_DEFAULTS, **settings},
        "pooling": pooling_of(settings, pooling, measure),
        "overall_reason": settings.get("overall_reason", "").strip(),
        "comment": settings.get("comment", "").strip(),
        "variants": (),
    }
    return from_plain(plain, kind)


def pooling_of(
    settings: Mapping[str, Any], pooling: Mapping[str, Any], measure: Measure
) -> dict[str, Any]:
    """Resolve how one question pools and judges.

    Parameters
    ----------
    settings : mapping
        Of the question: what it says itself holds before what the review says.
    pooling : mapping
        ``pooling`` of config.yaml, by measure where that matters.
    measure : Measure

    Returns
    -------
    dict
        The fields of `Pooling`: sizes on the analysis scale.
    """
    found = {name: pooling[name] for name in ("tau2", "pi", "level")}
    prior, factor = _prior(settings, pooling.get("tau_priors", {}), measure)
    important = settings.get("important", pooling.get("important", {}).get(measure.code))
    band = settings.get("null_band", pooling.get("null_band", {}).get(measure.code))
    return {
        **found,
        "primary": pooling.get("primary", "bayes"),
        "tau_prior": prior,
        "tau_prior_factor": factor,
        "important": None if important is None else abs(_analysed(important, measure)),
        "null_band": None if band is None else [_analysed(limit, measure) for limit in band],
        "margin_level": settings.get("margin_level"),
    }


def _prior(
    settings: Mapping[str, Any], priors: Mapping[str, str], measure: Measure
) -> tuple[str | None, float]:
    """Name the prior of tau, and by what its scale is multiplied.

    The question's own, else that of the same molecule, of the measure, or half of the scale
    for the ratio of which the measure compares two: interactions differ less between trials
    than effects do.
    """
    if "tau_prior" in settings:
        return settings["tau_prior"], 1.0
    same_molecule = "equivalence" in settings.get("contrasts", ()) and measure.is_ratio
    if same_molecule and "equivalence" in priors:
        return priors["equivalence"], 1.0
    if measure.code in priors or measure.ratio_of not in priors:
        return priors.get(measure.code), 1.0
    return priors[measure.ratio_of], 0.5


def _analysed(value: float, measure: Measure) -> float:
    """Bring a printed size to the analysis scale; risk differences are printed in points."""
    return value / 100 if measure.code == "RD" else measure.to_analysis(value)


def comparative_asked(
    kind: type[C],
    question_id: str,
    settings: Mapping[str, Any],
    pooling: Mapping[str, Any],
    endpoints: Mapping[str, Endpoint],
) -> C:
    """Make the typed question of a kind that compares two sides, and that of each variant."""

    def with_changes(changes: Mapping[str, Any]) -> C:
        return asked_as(kind, question_id, {**settings, **changes}, pooling, endpoints)

    variants = tuple(
        VariantAsked(
            id=variant["id"],
            label=variant["label"],
            changes=tuple(sorted(variant["settings"])),
            asked=with_changes(variant["settings"]),
        )
        for variant in settings.get("variants", ())
    )
    return structs.replace(with_changes({}), variants=variants)


def with_filters(asked: C, **changes: object) -> C:
    """Return the question with other filters."""
    return structs.replace(asked, filters=structs.replace(asked.filters, **changes))
