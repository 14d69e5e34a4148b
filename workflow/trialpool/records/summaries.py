"""What of a result is approved and compared: tests/baseline/*.json. Analysis scale throughout."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from trialpool.files import read_json
from trialpool.findings import Finding, InputError
from trialpool.records.base import Record
from trialpool.records.pools import PoolSummary
from trialpool.records.results import Result


class NumericalSettings(Record, frozen=True, kw_only=True):
    """Settings that change numbers although no row did; a kind may be without some of them.

    The question's filters change the rows.
    """

    tau2_method: str
    ci_method: str
    tau2_ci_method: str | UnsetType = UNSET
    pi_method: str
    level: float
    primary: str | UnsetType = UNSET
    tau_prior: str | UnsetType | None = UNSET
    tau_prior_factor: float | UnsetType = UNSET
    important: float | UnsetType | None = UNSET
    null_band: tuple[float, float] | UnsetType | None = UNSET
    margin_level: float | UnsetType | None = UNSET


class TrialSummary(Record, frozen=True, kw_only=True):
    """A trial's effect; `row_ids` are the raw rows: one, or one per arm."""

    row_ids: tuple[str, ...]
    trial_id: str
    label: str
    estimate: float
    se: float


class GroupSummary(PoolSummary, frozen=True, kw_only=True):
    """A group with its trials; `comparison` is the id of what they compare, empty without one."""

    comparison: str = ""
    trials: tuple[TrialSummary, ...]


class StrategySummary(PoolSummary, frozen=True, kw_only=True):
    """A pool over several comparisons, by their ids."""

    id: str
    comparisons: tuple[str, ...]


class SubgroupTestSummary(Record, frozen=True, kw_only=True):
    """The test of differences between groups, as in `trialpool.records.groups.SubgroupTest`."""

    statistic: str
    value: float | None
    df1: int
    df2: int | None
    p_value: float | None
    k: int
    groups: int


class Summary(Record, frozen=True, kw_only=True):
    """A result without what follows from it; `beyond` are estimates that no one group makes."""

    id: str
    title: str
    measure: str
    settings: NumericalSettings
    groups: tuple[GroupSummary, ...]
    strategies: tuple[StrategySummary, ...] = ()
    beyond: tuple[PoolSummary, ...] = ()
    overall: PoolSummary | None
    subgroup_test: SubgroupTestSummary | None


class ReleasedTrial(Record, frozen=True, kw_only=True):
    """An effect of a release, on the analysis scale; a baseline names no comparisons."""

    trial_id: str
    group: str
    comparison: str = ""
    estimate: float
    se: float


def released_trials(previous: Result | Mapping[str, Any]) -> tuple[ReleasedTrial, ...]:
    """Return the trials of a result, of any version, or of a baseline.

    Parameters
    ----------
    previous : Result or mapping
        What a result.json holds, or a baseline, which has its trials group by group.

    Raises
    ------
    msgspec.ValidationError
        If a trial has no identifier, estimate or standard error.
    """
    trials: Any
    if isinstance(previous, Result):
        trials = previous.trials
    elif "trials" in previous:
        trials = previous["trials"]
    else:
        trials = [
            {**trial, "group": group["label"]}
            for group in previous.get("groups") or ()
            for trial in group.get("trials") or ()
        ]
    return msgspec.convert(trials, tuple[ReleasedTrial, ...], from_attributes=True)


def read_released(path: Path) -> tuple[ReleasedTrial, ...]:
    """Read the trials of a result.json, of any version, or of a baseline.

    Raises
    ------
    InputError
        If the file is missing, no JSON, or holds no trials.
    """
    remedy = "Give a result.json that a build has written, or a baseline."
    try:
        return released_trials(read_json(path))
    except FileNotFoundError:
        rule, message = "file-exists", f"the file is missing ({path})"
    except (OSError, TypeError, KeyError, ValueError) as error:
        rule, message = "result-record", f"its trials cannot be read: {error}"
    raise InputError([Finding("fatal", rule, path.name, message=message, remedy=remedy)])
