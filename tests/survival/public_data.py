"""Two-arm survival data sets that ship with lifelines."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from lifelines import datasets

Arrays = tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_], npt.NDArray[np.bool_]]


def _pair(time, event, arm) -> Arrays:
    return (
        np.asarray(time, dtype=np.float64),
        np.asarray(event).astype(bool),
        np.asarray(arm).astype(bool),
    )


def load() -> dict[str, Arrays]:
    """Time, event and arm of each data set, the arm of interest True."""
    lung = datasets.load_lung()
    gbsg = datasets.load_gbsg2()
    rossi = datasets.load_rossi()
    waltons = datasets.load_waltons()
    leukemia = datasets.load_leukemia()
    kidney = datasets.load_kidney_transplant()
    lymphoma = datasets.load_lymphoma()
    larynx = datasets.load_larynx()
    return {
        "lung": _pair(lung["time"], lung["status"], lung["sex"] == 2),
        "gbsg2": _pair(gbsg["time"], gbsg["cens"], gbsg["horTh"] == "yes"),
        "rossi": _pair(rossi["week"], rossi["arrest"], rossi["fin"]),
        "waltons": _pair(waltons["T"], waltons["E"], waltons["group"] == "miR-137"),
        "leukemia": _pair(leukemia["t"], leukemia["status"], leukemia["Rx"]),
        "kidney": _pair(
            kidney["time"], kidney["death"], kidney["black_male"] + kidney["white_male"]
        ),
        "lymphoma": _pair(lymphoma["Time"], lymphoma["Censor"], lymphoma["Stage_group"] == 1),
        "larynx": _pair(larynx["time"], larynx["death"], larynx["Stage_III"] + larynx["Stage_IV"]),
    }
