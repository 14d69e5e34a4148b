"""Recompute data/raw/reconstructed_survival.csv from the individual files behind it.

    .venv/bin/python benchmarks/reconstructed_table.py FOLDER

FOLDER holds `<trial>.<experimental>.<control>.<endpoint>.csv` (time,event,arm), which are not part
of the project. Prints the largest deviation from the table (made with R's survival) and exits with
1 if one exceeds what the table's printed digits allow.
"""

from __future__ import annotations

import csv
import math
import sys
from pathlib import Path

import numpy as np

from trialpool.survival.hazards import compare_hazards
from trialpool.survival.kaplan_meier import kaplan_meier, restricted_mean, survival_at

TABLE = Path(__file__).resolve().parents[1] / "data" / "raw" / "reconstructed_survival.csv"
# The table prints 7 digits of a mean, 5 of a standard error or hazard ratio, 4 of a p-value.
ALLOWED = {"RMST": 1e-6, "SE of RMST": 1e-4, "survival": 1e-5, "hazard ratio": 1e-4, "p": 1e-3}


def main(folder: Path) -> int:
    """Compare every row with its file."""
    with TABLE.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    worst = dict.fromkeys(ALLOWED, 0.0)

    def note(name: str, ours: float, printed: str) -> None:
        value = float(printed)
        worst[name] = max(worst[name], abs(ours - value) / max(abs(value), 1e-9) if value else ours)

    files = sorted(folder.glob("*.csv"))
    for file in files:
        with file.open(encoding="utf-8", newline="") as stream:
            data = list(csv.DictReader(stream))
        time = np.array([float(row["time"]) for row in data])
        event = np.array([row["event"] == "1" for row in data])
        arm = np.array([row["arm"] for row in data]) == file.stem.split(".")[1]
        curves = {"experimental": kaplan_meier(time[arm], event[arm]),
                  "control": kaplan_meier(time[~arm], event[~arm])}  # fmt: skip
        hazard = compare_hazards(time, event, arm)
        for row in (row for row in rows if row["row_id"].startswith(f"{file.stem}.")):
            z = 1.959963984540054 * hazard.se
            for column, shift in (("hr", 0.0), ("hr_ci_lower", -z), ("hr_ci_upper", z)):
                note("hazard ratio", math.exp(hazard.log_hr + shift), row[column])
            note("p", hazard.ph_p_value, row["ph_p_value"])
            for side, curve in curves.items():
                mean = restricted_mean(curve, float(row["horizon_months"]))
                note("RMST", mean.estimate, row[f"rmst_{side}"])
                note("SE of RMST", mean.se, row[f"rmst_{side}_se"])
                landmark = survival_at(curve, float(row["horizon_months"]))
                note("survival", landmark.estimate, row[f"survival_{side}"])
    print(f"{len(files)} files, {len(rows)} rows; largest relative deviation:")
    for name, value in worst.items():
        print(f"  {name}: {value:.1e} (allowed {ALLOWED[name]:.0e})")
    return int(any(worst[name] > allowed for name, allowed in ALLOWED.items()))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
