"""Trials with one and the same effect are drawn: a diamond may have no width."""

import json
import math
from pathlib import Path

import pytest
from scipy.stats import norm
from scipy.stats import t as student
from typer.testing import CliRunner

from trialpool.cli.main import app

CASE = Path(__file__).parent / "cases" / "two-equal-hr.csv"
ALL_EQUAL = "study,hr,ci_lower,ci_upper,pop\n" + "".join(
    f"{name},0.80,0.64,1.00,{group}\n" for name, group in zip("ABCDE", "xxxyy", strict=True)
)


def drawn(file: Path, out: Path, *options: str) -> str:
    done = CliRunner().invoke(app, ["forest", str(file), "--by", "pop", "-o", str(out), *options])
    assert done.exit_code == 0, (done.output, done.exception)
    return out.read_text(encoding="utf-8")


@pytest.mark.parametrize("ci", ["hk", "hk-adhoc", "wald"])
def test_two_equal_hazard_ratios(tmp_path: Path, ci: str) -> None:
    svg = drawn(CASE, tmp_path / "forest.svg", "--ci", ci)
    assert "nan" not in svg.lower()
    # Without floor two equal effects have no spread between them; the mean has its own width else.
    assert ("adjuvant: 2 trials, HR 0.80 [0.80 to 0.80]" in svg) == (ci == "hk")


@pytest.mark.parametrize("style", ["bar", "line", "polygon", "shade", "density"])
def test_a_prediction_interval_of_no_width(tmp_path: Path, style: str) -> None:
    file = tmp_path / "equal.csv"
    file.write_text(ALL_EQUAL, encoding="utf-8")
    svg = drawn(file, tmp_path / "forest.svg", "--ci", "hk", "--pi-style", style)
    assert "nan" not in svg.lower()


def test_two_equal_hazard_ratios_are_pooled_with_their_errors() -> None:
    """The floor: se 1/√Σw and t with one degree of freedom; without it no width, and a note."""
    rows = [line.split(",") for line in CASE.read_text(encoding="utf-8").splitlines()[1:3]]
    z = float(norm.ppf(0.975))
    variances = [
        ((math.log(float(upper)) - math.log(float(lower))) / (2 * z)) ** 2
        for _, _, lower, upper, _ in rows
    ]
    half = float(student.ppf(0.975, 1)) / math.sqrt(sum(1 / v for v in variances))
    done = CliRunner().invoke(app, ["pool", str(CASE), "--by", "pop", "--json"])
    (adjuvant, _) = json.loads(done.stdout)["groups"]
    assert adjuvant["ci_upper"] == pytest.approx(math.log(0.8) + half)
    plain = CliRunner().invoke(app, ["pool", str(CASE), "--by", "pop", "--json", "--ci", "hk"])
    record = json.loads(plain.stdout)
    assert record["groups"][0]["se"] == 0.0
    assert any(words.startswith("adjuvant: the Hartung-Knapp") for words in record["warnings"])


def test_another_pair_of_equal_effects(tmp_path: Path) -> None:
    """Differences, in a group of their own beside one of a single trial."""
    file = tmp_path / "pair.csv"
    file.write_text("study,yi,sei,pop\nA,0.1,0.05,x\nB,0.1,0.2,x\nC,0.3,0.1,y\n", encoding="utf-8")
    for ci in ("hk", "hk-adhoc"):
        svg = drawn(file, tmp_path / "forest.svg", "--ci", ci, "--measure", "RD")
        assert "nan" not in svg.lower()


def test_the_pool_of_all_groups_names_its_interval(tmp_path: Path) -> None:
    svg = drawn(CASE, tmp_path / "forest.svg")
    assert svg.count("Random effects (REML, HK with floor)") == 3
    assert "(REML, HK)" not in svg
