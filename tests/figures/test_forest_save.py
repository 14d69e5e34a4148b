"""The four files: complete, the same bytes every time, text that is text."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import matplotlib
import pypdfium2
import pytest
from forest_records import all_records, non_inferiority, survival
from PIL import Image
from script_records import scripts

from trialpool.figures import draw_forest, save_forest
from trialpool.figures.forest.sheet import MARGIN_COLUMNS, csv_text

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def drawn():
    return draw_forest(survival())


@pytest.fixture(scope="module")
def files(drawn, tmp_path_factory):
    stem = tmp_path_factory.mktemp("figures") / "forest"
    return {path.suffix: path for path in save_forest(drawn, stem)}


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_four_files_and_nothing_else(files):
    assert sorted(files) == [".csv", ".pdf", ".png", ".svg"]
    folder = files[".svg"].parent
    assert sorted(path.name for path in folder.iterdir()) == sorted(p.name for p in files.values())


SCRIPT = """
import json, sys
from pathlib import Path
from trialpool.figures import draw_forest, save_forest
for name, result in json.load(sys.stdin).items():
    save_forest(draw_forest(result), Path(name) / "forest")
"""


def test_same_bytes_in_another_process_folder_hash_seed_time_zone_and_locale(files, tmp_path):
    others = {"response": all_records()["response"], "scripts": scripts()}
    records = {"survival": survival(), **others}
    here = tmp_path / "here"
    shutil.copytree(files[".svg"].parent, here / "survival")
    for name, result in others.items():
        save_forest(draw_forest(result), here / name / "forest")
    there = tmp_path / "there"
    there.mkdir()
    changed = {"PYTHONHASHSEED": "77", "TZ": "America/Lima", "LC_ALL": "de_DE.UTF-8"}
    subprocess.run(
        [sys.executable, "-c", SCRIPT],
        input=json.dumps(records),
        text=True,
        encoding="utf-8",
        cwd=there,
        env={**os.environ, **changed, "SOURCE_DATE_EPOCH": "9", "PYTHONUTF8": "1"},
        check=True,
    )
    assert digests(there) == digests(here)


def test_one_drawing_can_be_saved_twice(drawn, files, tmp_path):
    save_forest(drawn, tmp_path / "forest")
    assert digests(tmp_path) == digests(files[".svg"].parent)


def test_settings_of_the_user_neither_matter_nor_change(files, tmp_path):
    with matplotlib.rc_context(
        {"font.size": 30, "lines.dashed_pattern": [9, 9], "path.snap": False}
    ):
        before = dict(matplotlib.rcParams)
        save_forest(draw_forest(survival()), tmp_path / "forest")
        assert dict(matplotlib.rcParams) == before
    assert digests(tmp_path) == digests(files[".svg"].parent)


def test_importing_the_package_loads_no_matplotlib():
    code = "import sys, trialpool.figures; sys.exit('matplotlib' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
    code = (
        "import sys; from trialpool.figures import draw_forest, save_forest; "
        "sys.exit('matplotlib.pyplot' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_no_file_names_the_machine(files):
    for path in files.values():
        content = path.read_bytes()
        assert str(Path.home()).encode() not in content
        assert str(Path(__file__).parents[2]).encode() not in content


def test_svg_is_xml_with_live_text_title_and_description(files):
    root = ElementTree.parse(files[".svg"]).getroot()
    assert root.get("role") == "group"  # an image to a screen reader holds no links
    labels = root.get("aria-labelledby").split()
    title, description = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert [title.get("id"), description.get("id")] == labels
    assert title.text == survival()["title"]
    assert "CDK4/6 inhibitor" in description.text
    texts = ["".join(element.itertext()) for element in root.iter(f"{SVG}text")]
    drawn = draw_forest(survival())
    assert texts == [text.text for text in drawn.geometry.texts]


def test_svg_ids_belong_to_the_question_and_references_are_met(files):
    text = files[".svg"].read_text(encoding="utf-8")
    ids = re.findall(r'\bid="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    assert all(identifier.startswith("metastatic-os") for identifier in ids)
    references = re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', text)
    assert {one or two for one, two in references} <= set(ids)


def test_svg_embeds_every_face_that_it_uses(files):
    text = files[".svg"].read_text(encoding="utf-8")
    faces = re.findall(r"font-family: '([^']+)'; font-weight: (\d+); font-style: (\w+); src", text)
    assert faces == [
        ("metastatic-os sans", "700", "normal"),
        ("metastatic-os sans", "400", "normal"),
    ]
    without_links = re.sub(r'<a href="https://doi.org/[^"]+"', "", text)
    assert "http" not in re.sub(r'xmlns(:\w+)?="[^"]+"', "", without_links)


def test_pdf_has_its_text_and_fonts(files):
    document = pypdfium2.PdfDocument(files[".pdf"])
    assert len(document) == 1
    text = document[0].get_textpage().get_text_range()
    for part in ("CLEOPATRA, 2020", "0.69 [0.58 to 0.82]", "τ² = 0.011", "Favours experimental"):
        assert part in text
    metadata = document.get_metadata_dict()
    assert metadata["Title"] == survival()["title"]
    assert metadata["CreationDate"] == ""
    raw = files[".pdf"].read_bytes()
    assert b"/FontFile2" in raw
    assert set(re.findall(rb"/BaseFont /\w+\+([\w-]+)", raw)) == {b"OpenSans", b"OpenSans-Bold"}


def test_png_has_300_dots_per_inch_and_the_size_of_the_layout(files):
    geometry = draw_forest(survival()).geometry
    with Image.open(files[".png"]) as image:
        assert image.info["dpi"] == pytest.approx((300, 300), abs=0.1)
        assert image.width == pytest.approx(geometry.width / 72 * 300, abs=1)
        assert image.height == pytest.approx(geometry.height / 72 * 300, abs=1)
        assert "Software" not in image.info


def test_csv_holds_what_is_drawn(files):
    drawn = draw_forest(survival())
    rows = list(csv.DictReader(io.StringIO(files[".csv"].read_text(encoding="utf-8"))))
    assert [row["label"] for row in rows] == [row.label for row in drawn.table.rows]
    assert [row["effect"] for row in rows] == [row.effect for row in drawn.table.rows]
    first = next(row for row in rows if row["trial_id"] == "cleopatra")
    assert [float(first[name]) for name in ("estimate", "ci_lower", "ci_upper")] == [
        0.69,
        0.58,
        0.82,
    ]
    cut = [row["label"] for row in rows if row["cut_at_axis"]]
    assert cut == ["Random effects (REML, HK with floor)"]


def test_csv_has_columns_for_margins_only_where_there_are_some(files):
    header = files[".csv"].read_text(encoding="utf-8").splitlines()[0].split(",")
    assert not set(MARGIN_COLUMNS) & set(header)
    rows = list(csv.DictReader(io.StringIO(csv_text(draw_forest(non_inferiority())))))
    margins = {row["trial_id"]: [row[name] for name in MARGIN_COLUMNS] for row in rows}
    assert margins["phare"] == ["1.15", "", "1.15"]
    assert margins["hera"] == ["–", "", ""]
