"""What the landmarks of data/raw/reconstructed_survival.csv give, against the individual files.

    .venv/bin/python benchmarks/landmark_intervals.py FOLDER

FOLDER holds `<trial>.<experimental>.<control>.<endpoint>.csv` (time,event,arm), which are not part
of the project. From survival and its standard error at the horizons alone come the hazard ratio of
each interval and the pooled curve; here they stand beside the Cox model within the interval and
the curve of Combescure 2014 from the individual data. Exits with 1 beyond what
docs/explanation/survival.md says.
"""

from __future__ import annotations

import csv
import math
import sys
from pathlib import Path

import numpy as np

from trialpool.questions.mean_time.pooled_curve import PooledCurve, pool_conditional, pool_curves
from trialpool.survival.hazards import interval_hazard_ratios
from trialpool.survival.kaplan_meier import SurvivalCurve, kaplan_meier
from trialpool.survival.landmarks import Increment, hazard_ratio, increments

TABLE = Path(__file__).resolve().parents[1] / "data" / "raw" / "reconstructed_survival.csv"
SIDES = ("experimental", "control")
# Groups of two trials or more in the questions of type RMST, with their common horizons.
GROUPS = (
    (("bolero-1.eve-tras-pac.pla-tras-pac.pfs", "bolero-3.eve-tras-vin.pla-tras-vin.pfs"), 24),
    (("cerebel.lap-cap.tras-cap.pfs", "ma31.lap-tax.tras-tax.pfs"), 24),
    (("cerebel.lap-cap.tras-cap.os", "ma31.lap-tax.tras-tax.os"), 24),
)
# Events per arm below which an interval is told apart.
MANY = 10


def individual(file: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Time, event and whether experimental."""
    with file.open(encoding="utf-8", newline="") as stream:
        data = list(csv.DictReader(stream))
    time = np.array([float(row["time"]) for row in data])
    event = np.array([row["event"] == "1" for row in data])
    return time, event, np.array([row["arm"] for row in data]) == file.stem.split(".")[1]


def landmarks() -> dict[str, tuple[list[float], dict[str, tuple[Increment, ...]]]]:
    """Horizons and both arms' increments of every contrast."""
    rows: dict[str, list[dict[str, str]]] = {}
    with TABLE.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            rows.setdefault(row["row_id"].rpartition(".")[0], []).append(row)
    found = {}
    for name, of_one in rows.items():
        of_one.sort(key=lambda row: float(row["horizon_months"]))
        times = [float(row["horizon_months"]) for row in of_one]
        found[name] = (times, {
            side: increments(int(of_one[0][f"n_{side}"]), times,
                             [float(row[f"survival_{side}"]) for row in of_one],
                             [float(row[f"survival_{side}_se"]) for row in of_one])
            for side in SIDES
        })  # fmt: skip
    return found


def pooled(table: dict, names: tuple[str, ...], side: str, end: float) -> PooledCurve:
    """Pool one arm of several trials from their landmarks."""
    arms = [[part for part in table[name][1][side] if part.end <= end] for name in names]
    parts = list(zip(*arms, strict=True))
    return pool_conditional(
        [row[0].end for row in parts],
        [[part.survival for part in row] for row in parts],
        [[part.exposed for part in row] for row in parts],
    )


def main(folder: Path) -> int:
    """Compare every interval, and the pooled curves."""
    table = landmarks()
    far: dict[str, list[tuple[float, float, float, str]]] = {"many": [], "few": []}
    missing, curves = 0, {}
    for name, (times, arms) in table.items():
        time, event, arm = individual(folder / f"{name}.csv")
        curves[name] = dict(
            zip(SIDES, (kaplan_meier(time[x], event[x]) for x in (arm, ~arm)), strict=True)
        )
        cox = interval_hazard_ratios(time, event, arm, times)
        for truth, *both in zip(cox, arms["experimental"], arms["control"], strict=False):
            ratio = hazard_ratio(*both)
            if ratio is None or truth.log_hr is None:
                missing += 1
                continue
            few = min(truth.events_experimental, truth.events_control) < MANY
            gap = ratio.estimate - truth.log_hr
            far["few" if few else "many"].append(
                (abs(gap) / truth.se, abs(math.expm1(gap)), ratio.se / truth.se - 1.0,
                 f"{name} {truth.start:g} to {truth.end:g}")
            )  # fmt: skip
    for kind, gaps in far.items():
        in_se, relative, errors, _ = (np.array(column) for column in zip(*gaps, strict=True))
        worst = max(gaps)
        print(
            f"{len(gaps)} intervals with {kind} events ({MANY} in the smaller arm): ln HR off by "
            f"{np.median(in_se):.3f} SE at the median, {worst[0]:.2f} at most ({worst[3]}); HR by "
            f"{100 * np.median(relative):.1f} % and {100 * relative.max():.0f} %; SE by "
            f"{100 * np.median(np.abs(errors)):.1f} % and {100 * np.abs(errors).max():.0f} %; "
            f"{(in_se <= 0.25).sum()} of them within a quarter of an SE"
        )
    print(f"{missing} intervals without an event in an arm")
    points, limits = 0.0, 0.0
    for names, end in GROUPS:
        for side in SIDES:
            ours = pooled(table, names, side, end)
            of_files: list[SurvivalCurve] = [curves[name][side] for name in names]
            theirs = pool_curves(of_files, ours.time)
            points = max(points, float(np.abs(ours.survival - theirs.survival).max()))
            for limit in ("ci_lower", "ci_upper"):
                gap = np.abs(getattr(ours, limit) - getattr(theirs, limit))
                limits = max(limits, float(gap.max()))
    print(
        f"pooled curves of {len(GROUPS)} groups: survival off by {points:.4f}, limits {limits:.4f}"
    )
    return int(max(far["many"])[0] > 1.0 or max(points, limits) > 0.01)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
