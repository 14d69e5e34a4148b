"""Public data sets with their sources: `trialpool.datasets.load("bcg")`."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import pandas as pd

_FOLDER: Final = files(__name__)


@cache
def _sources() -> dict[str, dict[str, Any]]:
    import yaml

    read: dict[str, dict[str, Any]] = yaml.safe_load(
        _FOLDER.joinpath("sources.yaml").read_text(encoding="utf-8")
    )
    return read


def names() -> tuple[str, ...]:
    """Return the names of the data sets."""
    return tuple(_sources())


def load(name: str) -> pd.DataFrame:
    """Load a data set.

    Parameters
    ----------
    name : str
        One of `names()`.

    Returns
    -------
    DataFrame
        Columns under the names that `effect_sizes` and `network` know, numbers as numbers;
        `attrs` has title, source, doi, licence, measure, and what each of the columns is.

    Raises
    ------
    ValueError
        If there is no such data set; the message lists them.
    """
    # A list of names needs no data frame, and no time to load what makes one.
    import pandas as pd

    if name not in _sources():
        raise ValueError(f"name={name!r} is not known; there are: {', '.join(names())}")
    with _FOLDER.joinpath(f"{name}.csv").open(encoding="utf-8") as file:
        frame = pd.read_csv(file, keep_default_na=False, na_values=[""])
    frame.attrs["name"] = name
    frame.attrs.update(_sources()[name])
    return frame
