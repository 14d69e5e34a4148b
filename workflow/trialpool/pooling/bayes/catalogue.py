"""Published priors of tau by name, and how any prior of tau is asked for."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from numbers import Real
from pathlib import Path
from typing import Final, TypeAlias

from trialpool.pooling.bayes.priors import FAMILIES, LogNormal, LogT, TauPrior, parameter_names

PriorChoice: TypeAlias = str | tuple[str, object] | TauPrior

_FILE: Final = Path(__file__).with_name("prior_catalogue.csv")
# Families that may be named without their scale.
_SCALED: Final = ("half-normal", "half-cauchy", "uniform")
_USUAL_SCALE: Final = 0.5
# Name of a cell of a table of outcomes by comparisons; that of Rhodes has one for each area.
_CELL: Final = re.compile(
    r"(?P<table>turner2015|rhodes2015-[a-z]+)-(?P<outcome>.+?)"
    r"-(?P<comparison>(non)?pharm(-placebo|-pharm)?)"
)


# Of each measure the prior that is taken where none is named: from reviews of such outcomes, and
# for one arm's logits the usual scale. docs/explanation/pooling.md has the sources.
DEFAULT_PRIORS: Final = {
    "HR": "bartos2023-hr",
    "OR": "turner2015-composite-pharm",
    "RR": "turner2015-composite-pharm",
    "RD": "half-normal:0.118",
    "PLO": "half-normal:0.5",
}


@dataclass(frozen=True)
class CataloguePrior:
    """A published prior of tau.

    Attributes
    ----------
    name : str
    prior : TauPrior
        Of tau, also where the paper prints a distribution of log tau².
    measure : str
        What it was derived for: a code of a measure, or "SMD".
    about : str
        Outcomes, comparison and area.
    source : str
    left_out : str
        Why it is not offered; empty for those that are.
    """

    name: str
    prior: TauPrior
    measure: str
    about: str
    source: str
    left_out: str


@dataclass(frozen=True)
class ChosenPrior:
    """A prior with the words that ask for it again.

    Attributes
    ----------
    prior : TauPrior
    name : str
        Name of the catalogue, family, or family with its parameters.
    scale : float or None
        Scale, where `name` is a family that has nothing else.
    """

    prior: TauPrior
    name: str
    scale: float | None

    @property
    def words(self) -> str:
        """Say which prior it is, as `prior_words`."""
        return prior_words(self.name, self.prior.family, self.prior.parameters)


def prior_words(name: str, family: str, parameters: dict[str, float]) -> str:
    """Say which prior of tau it is: `half-normal prior of τ with scale 0.5`."""
    if family == "uniform":
        return f"uniform prior of τ up to {parameters['scale']:.6g}"
    of_log = " of log τ" if "mean" in parameters else ""
    pairs = ", ".join(f"{key} {value:.6g}" for key, value in parameters.items())
    named = "" if name.split(":", maxsplit=1)[0] == family else f" ({name})"
    return f"{family} prior of τ with {pairs}{of_log}{named}"


@cache
def catalogue() -> dict[str, CataloguePrior]:
    """Read the catalogue: every prior by name, those left out included."""
    with _FILE.open(encoding="utf-8", newline="") as stream:
        return {row["name"]: _entry(row) for row in csv.DictReader(stream)}


def _entry(row: dict[str, str]) -> CataloguePrior:
    prior = FAMILIES[row["family"]](*map(float, row["parameters"].split(":")))
    if row["of"] == "tau2":
        # log tau is half of log tau².
        if isinstance(prior, LogNormal):
            prior = LogNormal(0.5 * prior.mean, 0.5 * prior.sd)
        elif isinstance(prior, LogT):
            prior = LogT(prior.df, 0.5 * prior.mean, 0.5 * prior.sd)
    kept = ("name", "measure", "about", "source", "left_out")
    return CataloguePrior(prior=prior, **{key: row[key] for key in kept})


def default_prior(measure: str) -> str:
    """Return the prior of tau of a measure that names none.

    Raises
    ------
    ValueError
        Where there is none that trials of any field would share.
    """
    if measure in DEFAULT_PRIORS:
        return DEFAULT_PRIORS[measure]
    raise ValueError(
        f"measure={measure!r} has no prior of tau of its own ({', '.join(DEFAULT_PRIORS)} have): "
        "name one in the units of the effect, such as half-normal:SCALE, of which tau is below "
        "two scales with probability 0.95"
    )


def check_prior(prior: object, scale: object = None) -> ChosenPrior:
    """Check a prior of tau.

    Parameters
    ----------
    prior : str, (str, parameters) or TauPrior
        A name of the catalogue; a family with its parameters, `inverse-gamma:2.42:0.3` or
        ("inverse-gamma", (2.42, 0.3)); or half-normal, half-cauchy, uniform with `scale`.
    scale : float, optional
        Of a family that is named without; 0.5 by default.

    Raises
    ------
    ValueError
        Naming the argument, the value and what is allowed.
    """
    if isinstance(prior, str) and prior in _SCALED:
        chosen = _of_parameters(prior, [_USUAL_SCALE if scale is None else scale])
        return ChosenPrior(chosen, prior, chosen.parameters["scale"])
    found = _complete(prior)
    if scale is not None:
        raise ValueError(
            f"scale={scale!r} belongs to a prior that is named without its parameters: "
            f"{', '.join(_SCALED)}; prior={prior!r} has its own"
        )
    return found


def _complete(prior: object) -> ChosenPrior:
    """Check a prior that says everything of itself."""
    if isinstance(prior, str) and prior in catalogue():
        entry = catalogue()[prior]
        if entry.left_out:
            raise ValueError(f"prior={prior!r} is left out of the catalogue: {entry.left_out}")
        return ChosenPrior(entry.prior, prior, None)
    if isinstance(prior, TauPrior):
        chosen = _of_parameters(prior.family, [*prior.parameters.values()])
    elif isinstance(prior, str) and prior.split(":", maxsplit=1)[0] in FAMILIES:
        family, *texts = prior.split(":")
        chosen = _of_parameters(family, [_number(text, family, prior) for text in texts], prior)
    elif isinstance(prior, tuple | list) and len(prior) == 2 and prior[0] in FAMILIES:
        values = prior[1] if isinstance(prior[1], tuple | list) else [prior[1]]
        chosen = _of_parameters(prior[0], [*values], prior)
    else:
        raise _unknown(prior)
    if chosen.family in _SCALED:
        return ChosenPrior(chosen, chosen.family, chosen.parameters["scale"])
    return ChosenPrior(chosen, chosen.text, None)


def _number(text: str, family: str, prior: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(
            f"prior={prior!r}: {text!r} is not a number; allowed: {_form(family)}"
        ) from None


def _of_parameters(name: str, values: Sequence[object], asked: object = None) -> TauPrior:
    """Build a prior; refuse parameters that are missing, too many, or out of range."""
    family = FAMILIES[name]
    names = parameter_names(family)
    if len(values) != len(names):
        raise ValueError(f"prior={name if asked is None else asked!r}; allowed: {_form(name)}")
    for key, value in zip(names, values, strict=True):
        low, high = family.ranges[key]
        if (
            isinstance(value, bool)
            or not isinstance(value, Real)
            or not low <= float(value) <= high
        ):
            what = (
                "the upper bound of tau; an unbounded uniform prior needs three trials to give a "
                "posterior at all and is not offered"
                if name == "uniform"
                else f"the {key} of {'an' if name[0] in 'aeiou' else 'a'} {name} prior of tau"
            )
            raise ValueError(f"{key}={value!r} is not {what}; it must lie in [{low:g}, {high:g}]")
    return family(*(float(value) for value in values if isinstance(value, Real)))


def _form(family: str) -> str:
    return ":".join((family, *(name.upper() for name in parameter_names(FAMILIES[family]))))


def _unknown(prior: object) -> ValueError:
    near = get_close_matches(prior, catalogue(), n=3) if isinstance(prior, str) else []
    hint = f" (near: {', '.join(near)})" if near else ""
    return ValueError(
        f"prior={prior!r} is not known{hint}; allowed: {', '.join(_SCALED)} with a scale; "
        f"{', '.join(map(_form, FAMILIES))}; or a name of the catalogue: {'; '.join(_names())}"
    )


def _names() -> Iterator[str]:
    """Names of the catalogue; a table with many cells as `paper-(outcomes)-(comparisons)`."""
    tables: dict[str, tuple[dict[str, None], dict[str, None]]] = {}
    for name in catalogue():
        cell = _CELL.fullmatch(name)
        if cell is None:
            yield name
            continue
        outcomes, comparisons = tables.setdefault(cell["table"], ({}, {}))
        outcomes[cell["outcome"]] = comparisons[cell["comparison"]] = None
    for table, (outcomes, comparisons) in tables.items():
        yield f"{table}-({'|'.join(outcomes)})-({'|'.join(comparisons)})"
