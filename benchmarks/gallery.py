"""Draw the pictures of forest plots in docs/ anew, from the results of `make report`.

Usage: .venv/bin/python benchmarks/gallery.py [FOLDER]

Each picture is the PNG of the figure, 300 dots per inch, made smaller for the page.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image

import trialpool as tp

ROOT = Path(__file__).resolve().parents[1]
QUESTIONS = ROOT / "results" / "questions"
EXAMPLE = (
    "docs/gallery/forest-example.csv", "--by", "setting", "--cid", "0.8", "--stripes",
    "--title", "Invented trials and judgements", "--favours", "Favours new drug", "Favours control",
)  # fmt: skip
sys.path[:0] = [str(ROOT / "tests" / "figures"), str(ROOT / "tests")]


def main(folder: Path) -> None:
    """Write every picture into `folder`."""
    from interaction_records import anker
    from script_records import scripts

    first_line = _record("metastatic-pfs-first-line")
    drawn = {
        f"forest-{preset}": (tp.forest(first_line, preset=preset), 1250)
        for preset in ("jama", "bmj", "revman5", "lancet")
    }
    pfs, low = _record("metastatic-pfs"), _record("her2low-pfs")
    drawn |= {
        "forest-page-1": (tp.forest(pfs), 1150),
        "forest-beside": (tp.forest(pfs, beside=_record("metastatic-os")), 1754),
        "forest-beside-lancet": (
            tp.forest(low, beside=_record("her2low-os"), preset="lancet",
                      columns=["comparison", "counts"]),
            1754,
        ),
        "forest-interaction": (tp.forest(_record("interaction-her2-level")), 1754),
        "forest-interaction-pooled": (tp.forest(anker()), 1675),
        "forest-scripts": (tp.forest(scripts()), 1250),
        "forest-narrow": (_narrow(), 600),
        "forest-bcg": (tp.forest(tp.effect_sizes(tp.datasets.load("bcg"), measure="RR")), 1000),
        **{f"forest-{name}": (figure, 1000) for name, figure in _of_tables().items()},
    }  # fmt: skip
    for name, (figure, width) in drawn.items():
        with tempfile.TemporaryDirectory() as place:
            figure.save(Path(place) / "out.png")
            # Of several pages the first.
            page = sorted(Path(place).iterdir())[0]
            _shrink(page.read_bytes(), width, folder / "forest" / f"{name}.png")
    overall = (QUESTIONS / "metastatic-os" / "forest.png").read_bytes()
    _shrink(overall, 1400, folder / "metastatic-os.png")
    for name, options in (
        ("forest-rob", ("--pi-style", "density")),
        ("forest-shade", ("--preset", "revman5", "--pi-style", "shade")),
    ):
        with tempfile.TemporaryDirectory() as place:
            target = Path(place) / "out.png"
            command = (ROOT / ".venv/bin/trialpool", "forest", *EXAMPLE, *options, "-o", target)
            subprocess.run(command, check=True, cwd=ROOT)
            _shrink(target.read_bytes(), 1250, folder / "forest" / f"{name}.png")


def _record(name: str) -> dict[str, Any]:
    return json.loads((QUESTIONS / name / "result.json").read_text("utf-8"))


def _narrow() -> Any:
    effects = tp.effect_sizes(
        hr=[0.69, 0.68, 1.05, 0.68],
        ci_lower=[0.58, 0.45, 0.73, 0.51],
        ci_upper=[0.82, 1.03, 1.52, 0.90],
        labels=["CLEOPATRA", "PUFFIN", "PERTAIN", "PHEREXA"],
    )
    return tp.forest(
        tp.pool(effects, ci="hk"), effects, preset="lancet", width_mm="lancet-column",
        columns=[], columns_right=["effect"], title="Overall survival",
        favours=("Favours pertuzumab", "Favours control"),
    )  # fmt: skip


def _of_tables() -> dict[str, Any]:
    """Invented trials by the models of tables that no question of the review has."""
    names = ["Aarhus 2011", "Bergen 2014", "Cork 2016", "Delft 2019"]
    arms = tp.effect_sizes(events=[12, 0, 31, 9], n=[45, 25, 60, 41], measure="PLO", labels=names)
    means = tp.effect_sizes(
        mean_experimental=[12.1, 11.5, 13.0],
        sd_experimental=[4.2, 3.9, 5.5],
        n_experimental=[45, 120, 33],
        mean_control=[14.8, 12.9, 13.4],
        sd_control=[4.6, 4.1, 5.0],
        n_control=[44, 118, 31],
        measure="MD",
        labels=names[:3],
    )
    ratios = tp.effect_sizes(
        hr=[0.80, 0.95, 0.52, 0.71],
        ci_lower=[0.65, 0.70, 0.36, 0.50],
        ci_upper=[0.98, 1.29, 0.75, 1.01],
        labels=names,
    )
    network = tp.network(
        study=[*names, "Espoo 2021"],
        treat1=list("BBCCD"),
        treat2=list("AAABA"),
        yi=[-0.30, -0.10, -0.45, -0.25, -0.05],
        sei=[0.12, 0.15, 0.14, 0.16, 0.20],
        measure="HR",
        reference="A",
    )
    titles = {
        "proportions": "Response in single arms (invented)",
        "means": "Pain (invented)",
        "bayes": "Progression-free survival (invented)",
        "network-rows": "Treatments against A (invented)",
    }
    return {
        "proportions": tp.forest(tp.pool(arms, method="glmm"), arms, title=titles["proportions"]),
        "means": tp.forest(means, arms=("Exercise", "Waiting list"), title=titles["means"],
                           favours=("Favours exercise", "Favours waiting")),
        "bayes": tp.forest(tp.bayesian_random_effects(ratios), ratios, shrunken=True,
                           title=titles["bayes"]),
        "network-rows": tp.forest(network, title=titles["network-rows"]),
    }  # fmt: skip


def _shrink(content: bytes, width: int, path: Path) -> None:
    picture = Image.open(io.BytesIO(content)).convert("RGB")
    size = (width, round(picture.height * width / picture.width))
    small = picture.resize(size, Image.Resampling.LANCZOS)
    small.quantize(96, dither=Image.Dither.NONE).save(path, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "images")
