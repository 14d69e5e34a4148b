"""10,000 refits of subsets of 13 trials (BCG vaccine) beside metafor's gosh().

    .venv/bin/python benchmarks/gosh.py

Needs R with metafor for the peer; without it only trialpool is timed.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from pathlib import Path

from trialpool.sensitivity import gosh

REFERENCE = Path(__file__).resolve().parents[1] / "tests" / "reference" / "metafor_bias.json"
SUBSETS = 10_000
PEER = """
suppressMessages(library(metafor))
dat <- escalc(measure = "RR", ai = tpos, bi = tneg, ci = cpos, di = cneg, data = dat.bcg)
for (method in c("REML", "DL")) {
  fit <- rma(yi, vi, data = dat, method = method)
  used <- system.time(suppressWarnings(gosh(fit, subsets = 10000, progbar = FALSE)))
  cat(sprintf("metafor gosh(), %s: %.3f s\\n", method, used[["elapsed"]]))
}
"""


def main() -> None:
    """Print wall times in seconds, the best of three for trialpool."""
    data = json.loads(REFERENCE.read_text(encoding="utf-8"))["sets"]["bcg"]
    for method in ("REML", "DL"):
        times = []
        for _ in range(3):
            start = time.perf_counter()
            found = gosh(data["yi"], data["vi"], tau2=method, ci="wald", max_subsets=SUBSETS)
            times.append((time.perf_counter() - start) * SUBSETS / len(found))
        print(f"trialpool gosh, {method}: {min(times):.3f} s per {SUBSETS} subsets")
    if shutil.which("Rscript"):
        done = subprocess.run(["Rscript", "-e", PEER], check=True, capture_output=True, text=True)
        print(done.stdout, end="")


if __name__ == "__main__":
    main()
