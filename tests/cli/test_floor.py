"""By default the interval is never narrower than the one that knows the trials to be alike.

On request Hartung-Knapp without floor is, and every way to it says so.
"""

import importlib
import inspect
import json
import math
import pkgutil
import re
from pathlib import Path

import pytest
from scipy.stats import t as student
from typer.testing import CliRunner

import trialpool as tp
from trialpool.cli.main import app

CASE = (Path(__file__).parent / "cases" / "hk-narrower.csv").read_text(encoding="utf-8")
ROWS = [[float(cell) for cell in line.split(",")[1:]] for line in CASE.splitlines()[1:]]
# Five trials at two places: P differs, the others are alike.
OTHER = """study,yi,sei,place,year
P,-0.60,0.10,x,2001
Q,-0.30,0.10,x,2002
R,-0.30,0.20,y,2003
S,-0.31,0.20,y,2004
T,-0.29,0.20,y,2005
"""
NARROWER = (
    "the Hartung-Knapp interval is narrower than the common effect's; hk-adhoc has the floor that "
    "prevents it"
)
Z = 1.959963984540054
YI = [math.log(hr) for hr, _, _ in ROWS]
VI = [((math.log(upper) - math.log(lower)) / (2 * Z)) ** 2 for _, lower, upper in ROWS]
# tau² is 0: the mean and the Wald standard error are those of the common effect.
SE = 1 / math.sqrt(sum(1 / v for v in VI))
MEAN = sum(y / v for y, v in zip(YI, VI, strict=True)) * SE**2
HALF = float(student.ppf(0.975, 3)) * SE


def test_alike_trials_have_the_width_of_their_errors(as_json, run) -> None:
    record = as_json(CASE)
    assert record["ci_method"] == "hk-adhoc"
    assert record["estimate"] == pytest.approx(MEAN)
    assert (record["ci_lower"], record["ci_upper"]) == pytest.approx((MEAN - HALF, MEAN + HALF))
    assert record["p_value"] == pytest.approx(2 * float(student.sf(abs(MEAN) / SE, 3)))
    said = run(CASE).stdout
    assert "Hartung-Knapp interval with floor" in said
    assert "0.80 [0.63 to 1.02]" in said
    assert "p = 0.063 (t, 3 df)" in said
    assert "[0.69 to 0.93]" in run(CASE, "--tau2", "CE", "--ci", "wald").stdout
    assert NARROWER not in said
    # On request the plain one, with a note.
    plain = run(CASE, "--ci", "hk").stdout
    assert "0.80 [0.80 to 0.80]" in plain
    assert f"Note: {NARROWER}." in plain


def test_every_way_to_pool_has_it() -> None:
    effects = tp.effect_sizes(
        hr=[row[0] for row in ROWS],
        ci_lower=[row[1] for row in ROWS],
        ci_upper=[row[2] for row in ROWS],
    )
    limits = (MEAN - HALF, MEAN + HALF)
    (alike,) = tp.subgroups(YI, VI, ["a"] * 4).pools
    for pooled in (
        tp.random_effects(YI, VI),
        tp.random_effects_many([YI], [VI])[0],
        tp.pool(effects),
        alike,
    ):
        assert (pooled.ci_lower, pooled.ci_upper) == pytest.approx(limits)
    for rows in (
        tp.leave_one_out(YI, VI).to_rows(),
        tp.cumulative(YI, VI, [1, 2, 3, 4]).to_rows()[1:],
    ):
        for row in rows:
            assert row["ci_upper"] - row["ci_lower"] > 0.4
    slope = tp.meta_regression(YI, VI, [1, 2, 3, 4]).coefficients[1]
    wald = tp.meta_regression(YI, VI, [1, 2, 3, 4], ci="wald").coefficients[1]
    assert slope.se == pytest.approx(wald.se)


def test_the_figure_draws_it(tmp_path: Path) -> None:
    file, out = tmp_path / "alike.csv", tmp_path / "forest.svg"
    file.write_text(CASE, encoding="utf-8")
    done = CliRunner().invoke(app, ["forest", str(file), "-o", str(out)])
    assert done.exit_code == 0, done.output
    drawn = out.read_text(encoding="utf-8")
    assert "0.63 to 1.02" in drawn
    assert "0.80 to 0.80" not in drawn


def narrow(y: list[float], v: list[float]) -> bool:
    """Compare both intervals by their formulas at DerSimonian and Laird's tau²."""
    if len(y) < 2:
        return False
    w = [1 / x for x in v]
    mean = sum(a * b for a, b in zip(w, y, strict=True)) / sum(w)
    q = sum(a * (b - mean) ** 2 for a, b in zip(w, y, strict=True))
    c = sum(w) - sum(a * a for a in w) / sum(w)
    tau2 = max(0.0, (q - len(y) + 1) / c)
    u = [1 / (x + tau2) for x in v]
    mean = sum(a * b for a, b in zip(u, y, strict=True)) / sum(u)
    spread = sum(a * (b - mean) ** 2 for a, b in zip(u, y, strict=True))
    se = math.sqrt(spread / (len(y) - 1) / sum(u))
    return bool(student.ppf(0.975, len(y) - 1) * se < Z / math.sqrt(sum(w)))


def test_the_note_is_where_the_formulas_say(as_json, run) -> None:
    rows = [line.split(",") for line in OTHER.splitlines()[1:]]
    y, v = [float(row[1]) for row in rows], [float(row[2]) ** 2 for row in rows]
    options = ("--ci", "hk", "--tau2", "DL")
    parts = ("--by", "place", "--leave-one-out", "--cumulative", "year")
    record = as_json(OTHER, *options, *parts)
    by_group = [narrow(y[:2], v[:2]), narrow(y[2:], v[2:])]
    assert by_group == [False, True]
    without = [narrow(y[:i] + y[i + 1 :], v[:i] + v[i + 1 :]) for i in range(5)]
    up_to = [narrow(y[: i + 1], v[: i + 1]) for i in range(5)]
    assert 0 < sum(without) < 5
    assert [row["narrower"] for row in record["leave_one_out"]] == without
    assert [row["narrower"] for row in record["cumulative"]] == up_to
    expected = [f"{NARROWER}."] if narrow(y, v) else []
    for word, found, names in (
        ("", by_group, "xy"),
        ("without ", without, "PQRST"),
        ("up to ", up_to, "PQRST"),
    ):
        named = [word + name for name, one in zip(names, found, strict=True) if one]
        expected += [f"{', '.join(named)}: {NARROWER}."] if named else []
    assert record["warnings"] == expected
    text = run(OTHER, *options, *parts).stdout
    assert [f"Note: {words}" in text for words in expected] == [True] * len(expected)
    floor = as_json(OTHER, *parts)
    assert floor["warnings"] == []
    assert NARROWER not in run(OTHER, *parts).stdout


def test_regressions_say_it_too(as_json, run) -> None:
    dated = "".join(
        f"{line},{year}\n"
        for line, year in zip(CASE.splitlines(), ("year", 2, 5, 3, 9), strict=True)
    )
    arguments = ("--ci", "hk", "--moderator", "year")
    record = as_json(dated, *arguments)
    fit = tp.meta_regression(YI, VI, [2, 5, 3, 9], names=["year"], ci="hk")
    common = tp.meta_regression(YI, VI, [2, 5, 3, 9], names=["year"], tau2="CE", ci="wald")
    for plain, wald in zip(fit.coefficients, common.coefficients, strict=True):
        assert plain.ci_upper - plain.ci_lower < wald.ci_upper - wald.ci_lower
    words = f"intercept, year: {NARROWER}"
    assert words in fit.diagnostics.notes
    assert f"{words}." in record["warnings"]
    assert f"Note: {words}." in run(dated, *arguments).stdout
    assert NARROWER not in run(dated, "--moderator", "year").stdout
    # Trials that lie far from any line have no narrow interval.
    apart = tp.meta_regression([-1.0, 1.2, -0.8, 0.9], VI, [2, 5, 3, 9], ci="hk")
    assert not any(NARROWER in note for note in apart.diagnostics.notes)


def test_python_says_it_in_its_notes() -> None:
    for pooled in (
        tp.random_effects(YI, VI, ci="hk"),
        tp.random_effects_many([YI], [VI], ci="hk")[0],
        tp.subgroups(YI, VI, ["a"] * 4, ci="hk").pools[0],
    ):
        assert NARROWER in pooled.diagnostics.notes
    assert tp.leave_one_out(YI, VI, ci="hk").narrower.all()
    assert tp.cumulative(YI, VI, [1, 2, 3, 4], ci="hk").narrower.tolist() == [False] + [True] * 3
    for ci in ("hk-adhoc", "wald", "kr"):
        assert NARROWER not in tp.random_effects(YI, VI, ci=ci).diagnostics.notes
    assert NARROWER not in tp.random_effects(YI[:1], VI[:1], ci="hk").diagnostics.notes
    assert NARROWER not in tp.random_effects([-1.0, 1.0], [0.01, 0.01], ci="hk").diagnostics.notes


def test_figures_say_it(tmp_path: Path) -> None:
    file = tmp_path / "alike.csv"
    file.write_text(CASE, encoding="utf-8")
    for number, arguments in enumerate(
        (["forest", str(file), "--ci", "hk"], ["plot", "leave-one-out", str(file), "--ci", "hk"])
    ):
        out = tmp_path / f"{number}.svg"
        done = CliRunner().invoke(app, [*arguments, "-o", str(out)])
        assert done.exit_code == 0, done.output
        drawn = " ".join(re.sub(r"<[^>]*>", " ", out.read_text(encoding="utf-8")).split())
        assert "narrower than the common effect" in drawn
    plain = CliRunner().invoke(app, ["pool", str(file), "--ci", "hk", "--json"])
    assert json.loads(plain.stdout)["warnings"] == [f"{NARROWER}."]


def test_every_function_that_pools_has_the_same_default() -> None:
    """Clusters and Egger's test (no pool) have others, which are named."""
    others = {"dependent_effects": "t-clusters", "regression_test": "wald", "plot": None}
    # That of the method: counts have Wald intervals alone.
    others["pool"] = None
    assert tp.pool(tp.effect_sizes(yi=YI, vi=VI)).ci_method == "hk-adhoc"
    found = {}
    for module in pkgutil.walk_packages(tp.__path__, "trialpool."):
        for name, value in vars(importlib.import_module(module.name)).items():
            if inspect.isfunction(value) and not name.startswith("_"):
                default = inspect.signature(value).parameters.get("ci")
                # Counts of a control arm are called ci too, and have no default.
                if default is not None and default.default is not inspect.Parameter.empty:
                    found[name] = default.default
    assert {name: ci for name, ci in found.items() if ci != "hk-adhoc"} == others
    assert {"random_effects", "pool", "forest", "subgroups", "leave_one_out"} <= found.keys()
