"""Methods text on what a second engine computed again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from trialpool import formatting as fmt

Row = Mapping[str, str]


def computed_twice(rows: Sequence[Row]) -> list[str]:
    """Say how many pools were computed twice, how far apart they are, and which were not.

    Parameters
    ----------
    rows : sequence of mapping
        Rows of results/verification.csv.
    """
    twice = [row for row in rows if row["second"]]
    words = []
    if pools := [row for row in twice if row["k"]]:
        exact = [row for row in pools if row["model"] != "paule-mandel"]
        stopped = [row for row in pools if row["model"] == "paule-mandel"]
        sets = {(row["question"], row["group"]) for row in pools}
        models = {(row["question"], row["group"], row["model"]) for row in pools}
        words.append(
            f"{len(models)} pools, of {len(sets)} sets of trials, were computed twice, the second "
            f"time by {pools[0]['engine']}: the common effect, DerSimonian-Laird and Paule-Mandel "
            "from the effects; Hartung-Knapp, with and without its floor, by weighted least "
            "squares at the τ² found here, which is itself not computed twice. The largest "
            f"difference is below {_largest(exact)} on the analysis scale; of Paule-Mandel, whose "
            f"iteration that program ends early, below {_largest(stopped)}."
        )
    if curves := [row for row in twice if not row["k"]]:
        words.append(
            f"{len(curves)} numbers of reconstructed survival curves were computed twice (by "
            f"{curves[0]['engine']}); the largest difference is below {_largest(curves)}, where "
            "seven digits are kept."
        )
    # A quantity is left out within a pool that was computed twice.
    left = Counter(row["note"] for row in rows if not row["second"] and not row["quantity"])
    if left:
        reasons = "; ".join(f"{reason} ({n})" for reason, n in left.items())
        words.append(f"Not computed twice: {reasons}.")
    return [" ".join(words)] if words else []


def _largest(rows: Sequence[Row]) -> str:
    return fmt.power_above(max(float(row["difference"]) for row in rows))
