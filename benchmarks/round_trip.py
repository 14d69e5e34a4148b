"""How well curves are reconstructed: known data, drawn, read off with noise, rebuilt, compared.

    .venv/bin/python benchmarks/round_trip.py [FOLDER]

Eight public data sets that ship with lifelines, and every `<trial>.<experimental>.<control>.
<endpoint>.csv` (time,event,arm) of FOLDER. Writes docs/explanation/round-trip.csv and a figure.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from trialpool.survival.kaplan_meier import kaplan_meier
from trialpool.survival.round_trip import KNOWN, read_off, rebuild, round_trip

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "survival"))
WORDS = {
    "at-risk-and-events": "numbers at risk and events",
    "at-risk": "numbers at risk",
    "events": "events",
    "curve": "the curve alone",
}


def load(folder: Path | None):
    """Time, event and arm of every data set."""
    from public_data import load as public

    found = {f"public: {name}": values for name, values in public().items()}
    for file in sorted(folder.glob("*.csv")) if folder else ():
        with file.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
        experimental = file.stem.split(".")[1]
        found[file.stem] = (
            np.array([float(row["time"]) for row in rows]),
            np.array([row["event"] == "1" for row in rows]),
            np.array([row["arm"] == experimental for row in rows]),
        )
    return found


def main() -> None:
    """Write the table and the figure, and print the medians."""
    data = load(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
    rows = []
    for known in KNOWN:
        for seed, (name, values) in enumerate(data.items(), 1):
            trip = round_trip(*values, known=known, seed=seed)
            rows.append((name, known, trip))
    with (ROOT / "docs" / "explanation" / "round-trip.csv").open(
        "w", encoding="utf-8", newline=""
    ) as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["data", "known", "log_hr_error_in_se", "hr_error", "rmst_error",
                         "median_error_in_ticks", "ph_p_value", "true_ph_p_value"])  # fmt: skip
        for name, known, trip in rows:
            median = "" if trip.median_error is None else f"{trip.median_error:.3f}"
            writer.writerow([name, known, f"{trip.log_hr_error_in_se:.4f}", f"{trip.hr_error:.5f}",
                             f"{trip.rmst_error:.5f}", median, f"{trip.ph_p_value:.3g}",
                             f"{trip.true_ph_p_value:.3g}"])  # fmt: skip
    print("| known beside the curve | abs. error of ln HR, in SE (median; largest) | HR error | "
          "RMST error | median, in ticks (largest) |\n|---|---|---|---|---|")  # fmt: skip
    for known in KNOWN:
        trips = [trip for _, k, trip in rows if k == known]
        in_se = [abs(trip.log_hr_error_in_se) for trip in trips]
        hr, rmst = [t.hr_error for t in trips], [t.rmst_error for t in trips]
        medians = [t.median_error for t in trips if t.median_error is not None]
        print(
            f"| {WORDS[known]} | {np.median(in_se):.3f}; {max(in_se):.2f} | "
            f"{100 * np.median(hr):.1f}%; {100 * max(hr):.1f}% | "
            f"{100 * np.median(rmst):.2f}%; {100 * max(rmst):.2f}% | {max(medians):.2f} |"
        )
    best = [(abs(t.log_hr_error_in_se), i) for i, (_, k, t) in enumerate(rows) if k == KNOWN[0]]
    worst = rows[max(best)[1]][0]
    print(f"\nworst with everything known: {worst}")
    seed = list(data).index(worst) + 1
    draw(rows, data[worst], worst, seed)


def draw(rows, values, worst: str, seed: int) -> None:
    """Draw errors by what was known, and the worst case with its points and rebuilt curves."""
    figure = Figure(figsize=(10, 4.2), layout="constrained")
    left, right = figure.subplots(1, 2)
    for place, known in enumerate(KNOWN):
        errors = [trip.log_hr_error_in_se for _, k, trip in rows if k == known]
        spread = np.linspace(-0.28, 0.28, len(errors))
        left.plot(errors, place + spread, "o", color="#1f3d7a", markersize=3.5, alpha=0.75)
    left.axvspan(-0.1, 0.1, color="#1f3d7a", alpha=0.1, linewidth=0)
    left.axvline(0.0, color="black", linewidth=0.8)
    left.set_yticks(range(len(KNOWN)), [WORDS[known] for known in KNOWN])
    left.invert_yaxis()
    left.set_xlabel("Error of ln HR in its standard error (band: 0.1)")
    left.set_title("One point per data set", fontsize=10, loc="left")
    time, event, arm = values
    rng = np.random.default_rng(seed)
    for own, colour, label in ((arm, "#1f3d7a", "experimental"), (~arm, "#b35900", "control")):
        curve = kaplan_meier(time[own], event[own])
        state = rng.bit_generator.state
        points = read_off(curve, rng)
        rng.bit_generator.state = state
        found = rebuild(curve, int(event[own].sum()), "at-risk-and-events", rng)
        again = kaplan_meier(found.time, found.event)
        right.plot(*points, ".", color=colour, markersize=2, alpha=0.5)
        for one, style in ((curve, "-"), (again, "--")):
            steps = np.concatenate([[0.0], one.time, [one.last]])
            heights = np.concatenate([[1.0], one.survival, one.survival[-1:]])
            word = f"{label}, {'true' if style == '-' else 'rebuilt'}"
            right.step(
                steps, heights, where="post", color=colour, linestyle=style, lw=1, label=word
            )
    right.legend(frameon=False, fontsize=8)
    right.set_xlabel("Time")
    right.set_ylabel("Survival")
    right.set_title(f"Largest error: {worst}", fontsize=10, loc="left")
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(ROOT / "docs" / "images" / "round-trip.png", dpi=130)


if __name__ == "__main__":
    main()
