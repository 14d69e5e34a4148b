"""Explanations of a row and of a trial, from small tables and a small build."""

import json
from pathlib import Path
from typing import NamedTuple

import pytest
import sample_records
from sample_records import pool

from trialpool.cli.builds import explain as command
from trialpool.cli.main import main
from trialpool.effects.derive import derive_effects
from trialpool.evidence.reading import read_evidence
from trialpool.findings import InputError
from trialpool.provenance.explain import NEEDS_BUILD, explain_row, explain_trial
from trialpool.provenance.material import Material
from trialpool.provenance.text import fate, row_lines, trial_lines
from trialpool.records.explanations import RowExplanation
from trialpool.records.files import from_plain, to_plain

LN = -0.2484613592984996  # ln 0.78


@pytest.fixture(scope="module")
def evidence():
    return read_evidence("data/raw")


@pytest.fixture(scope="module")
def effects(evidence):
    return derive_effects(evidence)


def result(estimate: float = LN):
    """A question that pools BOLERO-3 and leaves out another of its rows."""
    group = "everolimus added to trastuzumab + chemotherapy"
    common = pool(k=2, estimate=-0.18, ci_lower=-0.32, ci_upper=-0.04)
    return sample_records.result(
        id="pfs",
        title="Progression-free survival",
        groups=[
            {"label": group, "k": 2, "primary_model": None, "models": {"common-effect": common}}
        ],
        trials=[
            {
                "row_ids": ["bolero-3.pfs.t01"],
                "trial_id": "bolero-3",
                "label": "BOLERO-3",
                "group": group,
                "comparison": "everolimus added to trastuzumab + vinorelbine",
                "estimate": estimate,
                "se": 0.09896,
                "ci_lower": estimate - 0.194,
                "ci_upper": estimate + 0.194,
                "weight": 0.505,
                "weight_common": 0.505,
            }
        ],
        excluded=[
            {
                "row_id": "bolero-3.pfs.t02",
                "trial_id": "bolero-3",
                "label": "BOLERO-3",
                "stage": "part of the trial",
                "reason": "patients with HR negative only",
            }
        ],
    )


FINDING = {
    "level": "warning",
    "rule": "p-one-sided",
    "row_id": "bolero-3.pfs.t01",
    "column": "p_value",
    "value": ".0067",
    "message": "fits as a one-sided value",
    "remedy": "Note it.",
}


def test_a_row_goes_from_the_diamond_to_the_paper(evidence, effects):
    record = explain_row(Material(evidence, effects, [FINDING], [result()]), "bolero-3.pfs.t01")
    text = "\n".join(row_lines(record))
    wanted = [
        "The diamond: pfs, everolimus added to trastuzumab + chemotherapy",
        "common effect of 2 trials: 0.84 [0.73 to 0.96]",  # exp of −0.18, −0.32, −0.04
        "weight: 50.5%",
        "The square: HR 0.78 [0.64 to 0.95]",
        "printed: 0.78 [0.65 to 0.95]; that of the square is computed back",
        "ln HR = −0.248, SE 0.097",
        "Parmar 1998",
        "not usable, the row does not say that the p-value is two-sided",
        "5 ratio with reconstructed curve",
        "estimate: 0.78",
        "doi:10.1016/S1470-2045(14)70138-X",
        "warning, p_value: fits as a one-sided value [p-one-sided]",
        "part of the trial: patients with HR negative only",
    ]
    places = [text.index(words) for words in wanted]
    assert places == sorted(places)
    assert from_plain(to_plain(record), RowExplanation) == record


def test_without_a_build_it_says_what_a_build_would_tell(evidence, effects):
    record = explain_row(Material(evidence, effects, [], None), "bolero-3.pfs.t01")
    assert record.questions is None
    assert record.notes == (NEEDS_BUILD,)
    # Printed 0.65 to 0.95: (ln 0.95 − ln 0.65) / 3.92.
    assert record.effect.sei == pytest.approx(0.0968, abs=5e-5)


def test_a_row_that_needs_its_curve_names_the_curve(evidence, effects):
    record = explain_row(Material(evidence, effects, [], None), "lux-breast1.pfs.t01")
    text = "\n".join(row_lines(record))
    assert "Guyot 2012" in text
    assert "curve: figure 2 of PMID 26822398" in text


def test_a_build_older_than_the_tables_is_named(evidence, effects):
    stale = Material(evidence, effects, [], [result(estimate=-0.30)])
    (note,) = explain_row(stale, "bolero-3.pfs.t01").notes
    assert "older than the tables" in note
    # Arms that are turned round are pooled with the other sign: that is not another number.
    turned = Material(evidence, effects, [], [result(estimate=-LN)])
    assert explain_row(turned, "bolero-3.pfs.t01").notes == ()


def test_a_trial_lists_everything_that_it_reported(evidence, effects):
    material = Material(evidence, effects, [], [result()])
    record = explain_trial(material, "bolero-3")
    assert {row.row_id for row in record.rows} == {
        row_id for row_id, (_, row) in material.rows.items() if row["trial_id"] == "bolero-3"
    }
    assert [pooled.row_id for pooled in record.pooled] == ["bolero-3.pfs.t01"]
    fates = {row.row_id: fate(row) for row in record.rows}
    assert fates["bolero-3.pfs.t01"] == "pooled in pfs"
    assert fates["bolero-3.pfs.t02"] == "part of the trial: patients with HR negative only"
    text = "\n".join(trial_lines(record))
    assert "eve-tras-vin (experimental, n 284)" in text
    assert all(row_id in text for row_id in fates)


def test_every_row_and_every_trial_of_the_data_can_be_explained(evidence, effects):
    material = Material(evidence, effects, [], [])
    for row_id in material.rows:
        record = explain_row(material, row_id)
        assert record.source.place or record.source.page_read
        assert any(row_id in line for line in row_lines(record))
    for trial in evidence.rows("trials"):
        record = explain_trial(material, trial["trial_id"])
        assert len(record.rows) == len(material.rows_of(trial["trial_id"]))
        assert "Arms" in "\n".join(trial_lines(record))


def test_an_unknown_name_is_refused_with_the_nearest(evidence, effects):
    material = Material(evidence, effects, [], None)
    with pytest.raises(InputError, match=r"bolero-3\.pfs\.t01"):
        command._explain(material, "bolero-3.pfs.t0")
    with pytest.raises(InputError, match="row_id and trial_id"):
        command._explain(material, "&&&&&&&&&&&&&&&&&&&&")


class Done(NamedTuple):
    """What a command ended with."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def run(monkeypatch, capsys):
    """Run `trialpool explain` in process, with what the shell would see."""

    def explained(*arguments: object) -> Done:
        monkeypatch.setattr("sys.argv", ["trialpool", "explain", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        return Done(int(ended.value.code or 0), *capsys.readouterr())

    return explained


@pytest.fixture(scope="module")
def nowhere(tmp_path_factory):
    """A configuration of the shipped data whose results folder holds no build."""
    root = Path(__file__).parents[2]
    text = (root / "config" / "config.yaml").read_text(encoding="utf-8")
    folder = tmp_path_factory.mktemp("nowhere")
    for name in ("questions", "taxonomy"):
        text = text.replace(f"config/{name}.yaml", str(root / "config" / f"{name}.yaml"))
    text = text.replace("raw: data/raw", f"raw: {root / 'data' / 'raw'}")
    text = text.replace("results: results", f"results: {folder / 'results'}")
    (folder / "config.yaml").write_text(text, encoding="utf-8")
    return str(folder / "config.yaml")


def test_the_command_prints_one_object_without_a_build(nowhere, run):
    done = run("bolero-3.pfs.t01", "--json", "--config", nowhere)
    assert done.returncode == 0, done.stderr
    record = json.loads(done.stdout)
    assert record["row_id"] == "bolero-3.pfs.t01"
    assert record["questions"] is None
    assert [rung["number"] for rung in record["rungs"]] == [1, 3, 5]
    assert record["source"]["doi"] == "10.1016/S1470-2045(14)70138-X"


def test_the_command_ends_with_1_for_an_unknown_name_and_a_folder_without_a_build(nowhere, run):
    done = run("bolero-33", "--config", nowhere)
    assert done.returncode == 1
    assert "Nearest: bolero-3" in done.stderr
    assert "Traceback" not in done.stderr
    done = run("bolero-3", "--results", "data/raw", "--config", nowhere)
    assert done.returncode == 1
    assert "no effects.csv" in done.stderr
