"""The columns of the arms: events and patients, events and person-time, or means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from trialpool import formatting as fmt
from trialpool.figures.forest.options.display_options import ARMS, Choice, Extra
from trialpool.records.trials import Arm, LevelArm, Trial

_PARTS: Final = {"mean": "Mean", "sd": "SD", "n": "n"}
_MOST_DECIMALS: Final = 3


def arm_count(arm: Arm | LevelArm) -> str:
    """Print events and patients, or person-time, of an arm, as far as they are known."""
    time = getattr(arm, "time", None)
    if time is not None and arm.events is not None:
        return f"{arm.events}/{fmt.cell(float(time))}"
    return fmt.count_of(arm.events, arm.n)


@dataclass(frozen=True)
class ArmColumns:
    """What is printed of the arms of trials.

    Attributes
    ----------
    shown : tuple of str
        Of "experimental" and "control", those of which there is something to print.
    what : {"events/n", "events/time", "n", "mean"}
    single : bool
        Whether trials have one arm.
    """

    shown: tuple[str, ...]
    what: str
    single: bool

    @classmethod
    def of(cls, trials: Sequence[Trial], *, single: bool) -> ArmColumns:
        """Find what there is to print of trials, of one arm each or of two.

        A correlation compares with 0, and is of one group all the same.
        """
        single = single or _without_control(trials)
        sides = ARMS[:1] if single else ARMS
        arms = [getattr(trial, side) for trial in trials for side in sides]
        if any(arm.mean is not None for arm in arms):
            what = "mean"
        elif any(arm.time is not None for arm in arms):
            what = "events/time"
        else:
            what = "events/n" if any(arm.events is not None for arm in arms) else "n"
        filled = what == "mean" or any(arm_count(arm) != fmt.NOT_AVAILABLE for arm in arms)
        # The two arms come together: one alone would leave the reader asking for the other.
        return cls(sides if filled else (), what, single)

    def heads(self, side: str, choice: Choice) -> tuple[str, ...]:
        """Lines over the column of an arm."""
        if self.single:
            return (self.what[:1].upper() + self.what[1:] if "/" in self.what else self.what,)
        return ((choice.arms or ("Experimental", "Control"))[ARMS.index(side)], self.what)

    def parted(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """Put the mean, its standard deviation and n in the place of an arm."""
        if self.what != "mean":
            return names
        return tuple(
            part
            for name in names
            for part in ([f"{own}_{name}" for own in _PARTS] if name in ARMS else [name])
        )

    def extras(self, names: Sequence[str]) -> tuple[Extra, ...]:
        """Return the columns that `parted` made."""
        return tuple(Extra(name, _PARTS[name.split("_")[0]], False) for name in self._own(names))

    def spans(self, names: Sequence[str], choice: Choice) -> tuple[tuple[str, str, str], ...]:
        """First and last column of each arm of means, and its name over them."""
        if self.single or not self._own(names):
            return ()
        return tuple(
            (f"mean_{side}", f"n_{side}", (choice.arms or ("Experimental", "Control"))[index])
            for index, side in enumerate(ARMS)
        )

    def cells(
        self, trials: Sequence[Trial], names: Sequence[str]
    ) -> list[tuple[tuple[str, str], ...]]:
        """Print means, standard deviations and n of each trial, a column with as many decimals."""
        found: list[list[tuple[str, str]]] = [[] for _ in trials]
        for name in self._own(names):
            part, _, side = name.partition("_")
            values = [getattr(getattr(trial, side), part) for trial in trials]
            most = max((_decimals(value) for value in values if value is not None), default=0)
            for own, value in zip(found, values, strict=True):
                own.append((name, fmt.number(value, most)))
        return [tuple(own) for own in found]

    def _own(self, names: Sequence[str]) -> list[str]:
        if self.what != "mean":
            return []
        own = {f"{part}_{side}" for part in _PARTS for side in ARMS}
        return [name for name in names if name in own]


def _without_control(trials: Sequence[Trial]) -> bool:
    """Whether a user's table has numbers of one group alone."""
    unknown = all(
        not trial.control.arm_id and arm_count(trial.control) == fmt.NOT_AVAILABLE
        and trial.control.mean is None
        for trial in trials
    )  # fmt: skip
    return unknown and any(arm_count(trial.experimental) != fmt.NOT_AVAILABLE for trial in trials)


def _decimals(value: float) -> int:
    """Decimals that a number was given with, up to three."""
    return min(len(f"{value:.10g}".partition(".")[2]), _MOST_DECIMALS)


def total(members: Sequence[Trial], arm: str, columns: frozenset[str]) -> str:
    """Sum of an arm over the trials of a group, "at least" where a trial lacks it."""
    if arm not in columns or len(members) < 2:
        return ""
    arms = [t.experimental if arm == "experimental" else t.control for t in members]
    times = [own.time for own in arms if own.time is not None]
    sizes = [own.n for own in arms if own.n is not None]
    events = [own.events for own in arms if own.events is not None]
    if len(times) == len(events) == len(arms):
        return f"{sum(events)}/{fmt.cell(float(sum(times)))}"
    if not sizes:
        return ""
    # Events of some arms say nothing beside the patients of others.
    whole = sum(events) if len(events) == len(arms) == len(sizes) else None
    return fmt.at_least(fmt.count_of(whole, sum(sizes)), len(sizes) < len(arms))
