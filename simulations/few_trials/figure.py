"""The figure of docs/explanation/small-k.md: shares of the words as stacked bars."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

from few_trials.words import SETTINGS, SIZES
from trialpool.files import write_bytes

# From benefit to harm, in the order in which they are stacked.
COLOURS = {
    "benefit": "#1f3f77",
    "leans-to-benefit": "#8fb0dc",
    "little-or-no-difference": "#8fbf9a",
    "not-settled": "#e3e3e3",
    "leans-to-harm": "#e9a999",
    "harm": "#b03a26",
}


def draw_figure(rows: Sequence[dict[str, str]], file: Path) -> None:
    """Draw one row of panels per measure and true ratio, one column per number of trials."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    panels = [(setting.measure, ratio) for setting in SETTINGS for ratio in setting.ratios]
    figure = Figure(figsize=(9.5, 10.5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(len(panels), len(SIZES), sharex=True, sharey=True)
    for line, (measure, ratio) in enumerate(panels):
        for column, k in enumerate(SIZES):
            axis = axes[line][column]
            own = [
                r
                for r in rows
                if (r["measure"], r["k"], r["true_ratio"]) == (measure, str(k), f"{ratio:g}")
            ]
            places, base = range(len(own)), [0.0] * len(own)
            for word, colour in COLOURS.items():
                shares = [100 * float(r[word]) for r in own]
                axis.bar(places, shares, 0.8, base, color=colour, label=word)
                base = [a + b for a, b in zip(base, shares, strict=True)]
            before = [100 * float(r["before_benefit"]) for r in own]
            axis.plot(
                places, before, linestyle="", marker="_", markersize=14, markeredgewidth=2,
                color="#f2a900", label="benefit by the old rule",
            )  # fmt: skip
            axis.set_xticks(list(places), [r["tau"] for r in own], fontsize=8)
            axis.set_ylim(0, 100)
            axis.tick_params(labelsize=8)
            axis.spines[["top", "right"]].set_visible(False)
            if line == 0:
                axis.set_title(f"{k} trials", fontsize=10)
            if column == 0:
                axis.set_ylabel(f"true {measure} {ratio:g}\n% of sets", fontsize=9)
    figure.supxlabel("τ, standard deviation of the true log ratios", fontsize=9)
    figure.legend(
        *axes[0][0].get_legend_handles_labels(),
        loc="outside upper center", ncols=4, fontsize=8, frameon=False,
    )  # fmt: skip
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=110, metadata={"Software": None})
    write_bytes(file, content.getvalue())
