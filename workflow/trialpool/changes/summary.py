"""What a result record says, without what follows from it: the form in which two are compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from trialpool.report.conclusions import conclude

Json = dict[str, Any]
Record = Mapping[str, Any]

OVERALL: Final = "Overall"
# One name for each thing that may move, with the keys of a pool that hold it.
POOLED: Final[Mapping[str, tuple[str, ...]]] = {
    "k": ("k",),
    "estimate": ("estimate",),
    "interval": ("ci_lower", "ci_upper"),
    "tau2": ("tau2",),
    "i2": ("i2",),
    "prediction interval": ("pi_lower", "pi_upper"),
    "primary model": ("primary_model",),
    "conclusion": ("conclusion",),
}
OF_A_MODEL: Final = ("estimate", "interval")
# Settings that change numbers although no row did; the question's filters change the rows.
_NUMERICAL: Final = (
    "tau2_method",
    "ci_method",
    "tau2_ci_method",
    "pi_method",
    "level",
    "primary_from_k",
    "tau_prior",
    "tau_prior_scale",
)
_TEST: Final = ("statistic", "value", "df1", "df2", "p_value", "k", "groups")


def summarise(record: Record) -> Json:
    """Reduce a result record to what is approved and compared.

    Parameters
    ----------
    record : mapping
        A result record (docs/result-record.md).

    Returns
    -------
    dict
        Per group the trials with their effects, the pool, the models and the
        conclusion; the overall pool; the test between groups; the settings that
        change numbers. The same record gives the same bytes.
    """
    overall = record.get("overall")
    test = record.get("subgroup_test")
    settings = record.get("settings") or {}
    return {
        "id": record["id"],
        "title": record["title"],
        "measure": record["measure"],
        "settings": {name: settings[name] for name in _NUMERICAL if name in settings},
        "groups": [
            {
                **_pool(group, record),
                "trials": [
                    {name: trial[name] for name in ("row_ids", "trial_id", "label")}
                    | {name: trial[name] for name in ("estimate", "se")}
                    for trial in record["trials"]
                    if trial["group"] == group["label"]
                ],
            }
            for group in record.get("groups") or []
        ],
        "overall": _pool(overall, record) if overall else None,
        "subgroup_test": {name: test.get(name) for name in _TEST} if test else None,
    }


def _pool(group: Record, record: Record) -> Json:
    return {
        "label": group["label"],
        **{
            name: group.get(name)
            for names in POOLED.values()
            for name in names
            if name != "conclusion"
        },
        "conclusion": conclude(group, record).text,
        "models": {
            model: {name: pool[name] for what in OF_A_MODEL for name in POOLED[what]}
            for model, pool in (group.get("models") or {}).items()
        },
    }


def settings_of(record: Record) -> Json:
    """Return the words and settings of a question under dotted names."""
    named = {name: record.get(name) for name in ("title", "question", "comment", "measure")}
    named |= {name: record.get(name) for name in ("endpoints", "benefit", "overall_reason")}
    return named | dict(_flat(record.get("settings") or {}))


def _flat(settings: Record, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in settings.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value
