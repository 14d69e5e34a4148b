"""The rule on settings of pools: priors that are known, sizes and limits that effects can have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from trialpool.audit.context import AuditContext
from trialpool.audit.rule import Case, Judgements, Rule
from trialpool.findings import Finding
from trialpool.measures import get_measure


def check_pools(context: AuditContext) -> Judgements:
    """Check what config.yaml and the questions say of priors, important sizes and null bands."""
    config = context.settings.config
    file = context.settings.file_names["config"]
    pooling = config.get("pooling", {})
    for measure, prior in pooling.get("tau_priors", {}).items():
        yield from _prior(file, "", f"pooling.tau_priors.{measure}", prior)
    sizes = [(f"pooling.{name}", name, pooling) for name in ("important", "null_band")]
    for place, name, block in (*sizes, ("figures.cid", "cid", config.get("figures", {}))):
        for measure, value in block.get(name, {}).items():
            yield from _size(file, "", f"{place}.{measure}", measure, value)
    for question_id, question in context.settings.questions.items():
        found = [*_prior("questions.yaml", question_id, "tau_prior", question.get("tau_prior"))]
        for name in ("important", "null_band"):
            measure = str(question.get("measure", "RMSTD"))
            found += _size("questions.yaml", question_id, name, measure, question.get(name))
        for finding in found:
            yield context.settings.origins.located(finding)


def _prior(file: str, question_id: str, place: str, prior: str | None) -> Iterator[Finding]:
    if prior is None:
        return
    from trialpool.pooling.bayes.catalogue import check_prior

    try:
        check_prior(prior)
    except ValueError as error:
        yield _fault(file, question_id, place, prior, str(error))


def _size(file: str, question_id: str, place: str, measure: str, value: Any) -> Iterator[Finding]:
    """Check one size (any but no effect), or two limits about no effect."""
    if value is None:
        return
    null = 1.0 if get_measure(measure).is_ratio else 0.0
    limits = value if isinstance(value, list) else [value]
    if null and min(limits) <= 0:
        message = f"a ratio ({measure}) is greater than 0"
    elif limits == [null]:
        message = f"{null:g} is no effect ({measure})"
    elif len(limits) > 1 and not limits[0] < null < limits[1]:
        message = f"the lower limit comes first, and no effect ({measure} {null:g}) lies between"
    else:
        return
    yield _fault(file, question_id, place, str(value), message)


def _fault(file: str, question_id: str, place: str, value: str, message: str) -> Finding:
    remedy = "Correct it, or leave the setting out."
    return Finding(
        "fatal", "pool-setting", file, None, question_id, place, value, message, remedy
    )  # fmt: skip


def _pooling(**settings: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"pooling": settings}


pool_setting: Final = Rule(
    "pool-setting",
    "A prior of tau is known and its parameters are possible; an important size is an effect, "
    "limits of no difference lie about none.",
    ("fatal",),
    "docs/explanation/pooling.md",
    "Correct it, or leave the setting out.",
    (),
    check_pools,
    ("config", "questions"),
    Case(config=_pooling(null_band={"HR": [0.9, 1.11]}), words="hazard ratios from 0.9 to 1.11"),
    Case(config=_pooling(null_band={"HR": [0, 1.11]}), words="hazard ratios from 0 to 1.11"),
)
