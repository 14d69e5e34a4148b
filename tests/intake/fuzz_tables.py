"""Tables to pool that fuzz tests damage, and their effects by the textbook formulas."""

from __future__ import annotations

import math
import statistics

import numpy as np

# Text, the columns that hold numbers, options of the command.
POOLED = (
    ("study,yi,vi\na,-0.3,0.02\nb,-0.1,0.03\nc,0.2,0.05\n", ("yi", "vi"), ()),
    ("study,yi,sei\na,-0.3,0.2\nb,-0.1,0.3\nc,0.2,0.5\n", ("yi", "sei"), ()),
    (
        "study,hr,ci_lower,ci_upper\na,0.74,0.65,0.85\nb,0.75,0.65,0.86\nc,0.79,0.69,0.90\n",
        ("hr", "ci_lower", "ci_upper"),
        (),
    ),
    (
        "study,events_experimental,n_experimental,events_control,n_control\n"
        "a,12,100,20,101\nb,5,60,9,58\nc,0,40,3,42\n",
        ("events_experimental", "n_experimental", "events_control", "n_control"),
        ("--measure", "OR"),
    ),
    ("study,o_minus_e,variance\na,-5.1,20.2\nb,1.3,9.7\n", ("o_minus_e", "variance"), ()),
)


def decoded(raw: bytes) -> str:
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def effect_of(row: dict[str, str]) -> tuple[float, float] | None:
    def cell(name: str) -> float:
        # A minus sign of typesetters, and commas between thousands before a decimal point.
        return float(row[name].replace("−", "-").replace(",", ""))

    if "yi" in row:
        return cell("yi"), cell("vi") if "vi" in row else cell("sei") ** 2
    if "hr" in row:
        width = math.log(cell("ci_upper") / cell("ci_lower"))
        z = statistics.NormalDist().inv_cdf(0.975)
        return math.log(cell("hr")), (width / (2 * z)) ** 2
    if "o_minus_e" in row:
        return cell("o_minus_e") / cell("variance"), 1 / cell("variance")
    a, n1 = cell("events_experimental"), cell("n_experimental")
    c, n2 = cell("events_control"), cell("n_control")
    if a + c in (0, n1 + n2):
        return None
    add = 0.5 if 0 in (a, c, n1 - a, n2 - c) else 0.0
    table = np.array([a, n1 - a, c, n2 - c]) + add
    return float(np.log(table[0] * table[3] / (table[1] * table[2]))), float(np.sum(1 / table))
