"""A question as it is asked, made of its settings in questions.yaml: the one place that does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeVar

from msgspec import structs

from trialpool.measures import Endpoint, get_measure
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
    plain = {
        **settings,
        "kind": kind.__struct_config__.tag,
        "schema_version": 1,
        "id": question_id,
        "question": settings["question"].strip(),
        "measure": measure.code,
        "scale": measure.scale,
        "measure_name": measure.name,
        "design": settings.get("design", "superiority"),
        "endpoint_names": {code: endpoints[code].name for code in codes},
        "benefit": endpoints[codes[0]].benefit(measure),
        "arm_names": settings.get("arm_names", _SIDES),
        "filters": {**_DEFAULTS, **settings},
        "pooling": {**pooling, "tau_prior": pooling.get("tau_priors", {}).get(measure.code)},
        "overall_reason": settings.get("overall_reason", "").strip(),
        "comment": settings.get("comment", "").strip(),
        "variants": (),
    }
    return from_plain(plain, kind)


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
