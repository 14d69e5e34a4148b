"""Trials with one and the same effect are drawn: a diamond may have no width."""

from pathlib import Path

import pytest
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
