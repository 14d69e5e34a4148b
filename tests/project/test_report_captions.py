"""Captions of `snakemake --report`: one for whatever is drawn, and all of them good reST."""

import re
from pathlib import Path

import pytest
from docutils.core import publish_parts

from trialpool.questions.registry import KINDS
from trialpool.settings.kinds import further_figures

ROOT = Path(__file__).resolve().parents[2]
CAPTIONS = sorted((ROOT / "workflow/report").glob("*.rst"))


@pytest.mark.parametrize("path", CAPTIONS, ids=lambda path: path.stem)
def test_a_caption_renders(path: Path) -> None:
    text = path.read_text("utf-8")
    # Docutils would write its complaints into the page; level 2 are warnings.
    shown = publish_parts(text, writer="html", settings_overrides={"halt_level": 2})["body"]
    assert len(re.sub("<[^>]*>", "", shown)) > 20
    assert "{{" not in text


def test_whatever_is_marked_for_the_report_has_a_caption() -> None:
    drawn = {name for kind in KINDS for name in further_figures(kind)}
    wanted = drawn | {"forest", "beside", "risk_of_bias", "multiverse"}
    rules = "".join(path.read_text("utf-8") for path in (ROOT / "workflow/rules").glob("*.smk"))
    wanted |= set(re.findall(r'"\.\./report/([a-z_]+)\.rst"', rules))
    assert {path.stem for path in CAPTIONS} == wanted
