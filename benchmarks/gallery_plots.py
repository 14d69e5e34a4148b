"""Draw the pictures of docs/gallery/index.md but forest plots, from the built results.

Usage: .venv/bin/python benchmarks/gallery_plots.py [FOLDER]
"""

from __future__ import annotations

import csv
import io
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from PIL import Image

import trialpool as tp
from trialpool.figures.canvas.rendering import rendered

ROOT = Path(__file__).resolve().parents[1]
QUESTIONS = ROOT / "results" / "questions"
_NETWORKS = {"network": tp.network_plot, "league": tp.league_plot, "rank": tp.rank_plot}
FOUR = ("adjuvant-dfs", "her2low-pfs", "neoadjuvant-pcr", "trastuzumab-duration-dfs")
sys.path[:0] = [str(ROOT / "tests" / "figures"), str(ROOT / "tests")]


def main(folder: Path) -> None:
    """Write every picture into `folder`."""
    from network_plot_samples import analysed
    from plot_samples import BCG, LATITUDE, bcg, made

    trials, pcr = bcg(), _record("neoadjuvant-pcr")
    group = _largest(pcr)
    title = f"{pcr['title']}: {group}"
    with (QUESTIONS / "neoadjuvant-pcr" / "multiverse.csv").open(encoding="utf-8") as file:
        analyses = list(csv.DictReader(file))
    network = analysed("dogliotti")
    drawn = {
        **{
            name: plot(network, title="Antithrombotic treatment and stroke in atrial fibrillation")
            for name, plot in _NETWORKS.items()
        },
        "funnel": tp.funnel_plot(trials),
        "radial": tp.radial_plot(trials),
        "labbe": _labbe(pcr, group, title),
        "baujat": tp.baujat_plot(trials),
        "influence": tp.influence_plot(trials),
        "leave-one-out": tp.leave_one_out_plot(trials),
        "cumulative": tp.cumulative_plot(trials, [int(row[0].split()[-1]) for row in BCG]),
        "gosh": tp.gosh_plot(trials),
        "bubble": tp.bubble_plot(trials, LATITUDE, name="Absolute latitude"),
        "orchard": tp.orchard_plot(made(120, "OR", "Study {}")),
        "posterior": tp.posterior_plot(pcr, group=group, title=title),
        "specification": tp.specification_curve(analyses, measure="OR", group=group, title=title),
        "overview": tp.overview_plot(
            [_record(name) for name in FOUR], title="Four of the questions"
        ),
    }
    for name, plot in drawn.items():
        image = Image.open(io.BytesIO(rendered(plot, "png"))).convert("RGB")
        # Networks tell more by colour, in smaller letters.
        width, colours = (1000, 160) if name in _NETWORKS else (820, 48)
        small = image.resize((width, round(image.height * width / image.width)), Image.LANCZOS)
        palette = small.quantize(colours, dither=Image.Dither.NONE)
        palette.save(folder / "plots" / f"plot-{name}.png", optimize=True)


def _labbe(record: dict[str, Any], group: str, title: str) -> Any:
    trials = [
        trial
        for trial in record["trials"]
        if trial["group"] == group
        and trial["experimental"]["events"] is not None
        and trial["control"]["events"] is not None
    ]
    counts = [
        [trial[side][what] for trial in trials]
        for side in ("experimental", "control")
        for what in ("events", "n")
    ]
    labels = [trial["label"] for trial in trials]
    return tp.labbe_plot(*counts, labels=labels, measure="OR", title=title)


def _largest(record: dict[str, Any]) -> str:
    """Return the group with the most trials: its name follows the review."""
    return Counter(trial["group"] for trial in record["trials"]).most_common(1)[0][0]


def _record(name: str) -> dict[str, Any]:
    return dict(json.loads((QUESTIONS / name / "result.json").read_text(encoding="utf-8")))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "images")
