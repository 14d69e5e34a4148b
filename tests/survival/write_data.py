"""Write the public data sets for tests/reference/survival.R."""

import csv
import sys
from pathlib import Path

from public_data import load


def main(folder: Path) -> None:
    """Write one CSV per data set."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, (time, event, arm) in load().items():
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream)
            writer.writerow(["time", "event", "arm"])
            rows = zip(time.tolist(), event.astype(int), arm.astype(int), strict=True)
            writer.writerows([repr(t), e, a] for t, e, a in rows)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
