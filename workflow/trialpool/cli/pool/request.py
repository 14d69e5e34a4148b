"""What `trialpool pool` is asked for: the options of its command line in one object."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from trialpool.cli.intake.reading_options import Reading
from trialpool.cli.pool.bayes import BayesRequest
from trialpool.cli.pool.moderators import ModeratorRequest
from trialpool.cli.pool.pooling_arguments import PoolOptions, RefitOptions


@dataclass(frozen=True)
class CountOptions:
    """Options of counts, as asked for; None where they were not.

    `given` holds those of inverse variance that were asked for by name.
    """

    zero_cells: str | None = None
    glmm_model: str | None = None
    quadrature_points: int | None = None
    given: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Request:
    """What was asked for on the command line; None and False leave a part out."""

    tau2: str
    ci: str
    pi: str
    method: str
    measure: str | None
    level: float
    seed: int | None
    by: str | None
    label: str | None
    leave_one_out: bool
    cumulative: str | None
    influence: bool
    small_study: bool = False
    steps: tuple[float, ...] = (0.025,)
    gosh: bool = False
    gosh_out: Path | None = None
    moderated: ModeratorRequest = field(default_factory=ModeratorRequest)
    counts: CountOptions = field(default_factory=CountOptions)
    bayes: BayesRequest = field(default_factory=BayesRequest)
    reading: Reading = field(default_factory=Reading)

    @property
    def refitting(self) -> list[str]:
        """Options that were asked for and refit effect sizes."""
        asked = {
            "leave-one-out": self.leave_one_out,
            "cumulative": self.cumulative,
            "influence": self.influence,
            "small-study": self.small_study,
            "bayes": self.bayes.wanted,
            "gosh": self.gosh or self.gosh_out,
            "moderator": self.moderated.moderators,
            "cluster": self.moderated.cluster,
        }
        return [name for name, value in asked.items() if value]

    @property
    def refit(self) -> RefitOptions:
        """Options of pools of subsets of the trials."""
        return {"tau2": self.tau2, "ci": self.ci, "level": self.level}

    @property
    def options(self) -> PoolOptions:
        """Options of the pool of all trials."""
        chosen: PoolOptions = {
            "tau2": self.tau2,
            "ci": self.ci,
            "pi": self.pi,
            "level": self.level,
        }
        return chosen if self.seed is None else {**chosen, "seed": self.seed}
