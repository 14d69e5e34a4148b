"""Tables as files."""

from pathlib import Path

import trialpool as tp


def table(tmp_path, columns) -> Path:
    path = tmp_path / "t.csv"
    lines = [
        ",".join(columns),
        *(",".join(map(str, row)) for row in zip(*columns.values(), strict=True)),
    ]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def hazards():
    return tp.effect_sizes(hr=[0.80, 0.80, 0.62, 0.71], ci_lower=[0.65, 0.60, 0.47, 0.55],
                           ci_upper=[0.98, 1.07, 0.82, 0.92], labels=list("ABCD"))  # fmt: skip
