"""Survival curves: reconstructed individual data, and what can be estimated from them.

Arrays in, frozen records out; times keep the unit of the caller. lifelines is
imported where it is used, because it takes seconds to load.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from trialpool.evidence.tables import Evidence, read_tables
from trialpool.findings import Finding


def read_raw(folder: Path, names: Sequence[str]) -> tuple[Evidence, list[Finding]]:
    """Read raw tables; where curves are among them, with what they give in the tables.

    Parameters
    ----------
    folder : Path
        Folder of the raw tables.
    names : sequence of str
        Names of the tables that must be there.
    """
    if "curve_arms" not in names:
        return read_tables(folder, names)
    from trialpool.survival.curve_tables import read_with_curves

    return read_with_curves(folder, names)
