"""Pooling needs none of the libraries that an extra brings, and a command that does names it."""

import subprocess
import sys
from pathlib import Path

import pytest

from trialpool.extras import install_command

ROOT = Path(__file__).resolve().parents[2]
# Libraries that `pip install trialpool` leaves out are not found in a program that begins so.
WITHOUT = """
import sys
from importlib.abc import MetaPathFinder

LEFT_OUT = {
    "PIL", "bibtexparser", "citeproc", "docx", "fontTools", "jinja2", "jsonschema", "lifelines",
    "matplotlib", "minify_html", "pandas", "pylatexenc", "pypdfium2", "rocrate",
    "snakemake", "statsmodels", "typst", "xlsxwriter",
}

class LeftOut(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.split(".")[0] in LEFT_OUT:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, LeftOut())
from trialpool.cli.main import main

for arguments in ARGUMENTS:
    sys.argv = ["trialpool", *arguments]
    try:
        main()
        status = 0
    except SystemExit as end:
        status = end.code or 0
    print("status", status, "of", arguments[0], file=sys.stderr)
"""
HAZARDS = "trial,hr,ci_lower,ci_upper\na,0.7,0.5,0.98\nb,0.8,0.6,1.07\nc,0.9,0.7,1.16\n"


def run(here: Path, *commands: list[str]) -> str:
    """Run commands one after the other where the libraries of extras are not there."""
    program = WITHOUT.replace("ARGUMENTS", repr(commands))
    done = subprocess.run(
        [sys.executable, "-c", program], check=False, capture_output=True, text=True, cwd=here
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def test_pooling_works_without_and_the_rest_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "trials.csv").write_text(HAZARDS, "utf-8")
    data = ROOT / "workflow/trialpool/datasets"
    said = run(
        tmp_path,
        ["pool", "trials.csv", "--bayes", "--leave-one-out", "--influence", "--small-study"],
        ["pool", str(data / "bcg.csv"), "--measure", "RR", "--method", "mh"],
        ["network", str(data / "parkinson.csv")],
        ["init", "new"],
        ["settings", "questions"],
        ["forest", "trials.csv", "-o", "forest.svg"],
        ["audit", "new/data/raw", "--config", "new/config/config.yaml"],
        ["build", "new"],
    )
    for command in ("pool", "network", "init", "settings"):
        assert f"status 0 of {command}" in said, said
    assert said.count("status 0 of pool") == 2
    for command in ("forest", "audit", "build"):
        assert f"status 1 of {command}" in said, said
    assert "pip install 'trialpool[figures]'" in said
    assert said.count("pip install 'trialpool[pipeline]'") == 2
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("module", "extra"),
    [
        ("matplotlib.figure", "figures"),
        ("fontTools", "figures"),
        ("pandas", "frames"),
        ("lifelines", "curves"),
        ("jsonschema", "pipeline"),
    ],
)
def test_a_library_that_was_not_found_is_named_by_its_extra(module: str, extra: str) -> None:
    assert install_command(module) == f"pip install 'trialpool[{extra}]'"
