"""How often the word of a verdict is what, by number of trials; priors of tau on real groups.

    .venv/bin/python simulations/small_k.py          # small-k.csv, tables, figure of docs
    .venv/bin/python simulations/small_k.py --quick  # prints a small run, writes nothing

Trials have the standard errors with which this review pools. Everything is seeded. The whole
run takes about three minutes of one core.
"""

from __future__ import annotations

import argparse

from few_trials.page import write_page
from few_trials.priors import compare
from few_trials.shipped import shipped
from few_trials.words import REPLICATES, SETTINGS, simulate, weakened


def main() -> None:
    """Run the simulation, and compare priors on the review's own groups."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="300 sets per setting, print only")
    quick = parser.parse_args().quick
    data = shipped()
    cells = [
        cell
        for setting in SETTINGS
        for cell in simulate(setting, data.errors[setting.measure], 300 if quick else REPLICATES)
    ]
    falls = {s.measure: weakened(s, data.errors[s.measure]) for s in SETTINGS}
    compared = compare(data.groups, {s.measure: s.prior for s in SETTINGS})
    write_page(data, cells, falls, compared, shown=quick)


if __name__ == "__main__":
    main()
