"""What of a result is approved and compared: tests/baseline/*.json. Analysis scale throughout."""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from trialpool.records.base import Record
from trialpool.records.pools import PooledEffect


class NumericalSettings(Record, frozen=True, kw_only=True):
    """Settings that change numbers although no row did; a kind may be without some of them.

    The question's filters change the rows.
    """

    tau2_method: str
    ci_method: str
    tau2_ci_method: str | UnsetType = UNSET
    pi_method: str
    level: float
    primary_from_k: int
    tau_prior: str | UnsetType | None = UNSET
    tau_prior_scale: float | UnsetType | None = UNSET


class PoolSummary(Record, frozen=True, kw_only=True):
    """A pool with its models and its conclusion in words."""

    label: str
    k: int
    estimate: float
    ci_lower: float | None
    ci_upper: float | None
    tau2: float
    i2: float | None
    pi_lower: float | None
    pi_upper: float | None
    primary_model: str | None
    conclusion: str
    models: dict[str, PooledEffect]


class TrialSummary(Record, frozen=True, kw_only=True):
    """A trial's effect; `row_ids` are the raw rows: one, or one per arm."""

    row_ids: tuple[str, ...]
    trial_id: str
    label: str
    estimate: float
    se: float


class GroupSummary(PoolSummary, frozen=True, kw_only=True):
    """A group with its trials."""

    trials: tuple[TrialSummary, ...]


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
    """A result without what follows from it."""

    id: str
    title: str
    measure: str
    settings: NumericalSettings
    groups: tuple[GroupSummary, ...]
    overall: PoolSummary | None
    subgroup_test: SubgroupTestSummary | None
