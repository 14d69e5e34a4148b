"""Diamonds that RevMan computed, beside ours."""

from __future__ import annotations

import math

import pytest
from revman_files import analyses, dichotomous, rm5
from shipped_imports import import_review as import_rm5

# RevMan 5.0.23's own output: aspirin after myocardial infarction (Fleiss 1993, Stat Methods Med
# Res 2:121), and a published review's acute rheumatic fever with three zero cells.
ASPIRIN = (
    (49, 615, 67, 624), (44, 758, 64, 771), (102, 832, 126, 850), (32, 317, 38, 309),
    (85, 810, 52, 406), (246, 2267, 219, 2257), (1570, 8587, 1720, 8600),
)  # fmt: skip
FEVER = (
    (0, 369, 0, 386), (0, 257, 2, 109), (2, 798, 17, 804), (5, 978, 35, 996), (0, 605, 2, 608),
    (2, 277, 5, 198), (2, 157, 1, 50), (26, 650, 12, 220),
)  # fmt: skip
FEVER_TOTAL = (
    'EFFECT_SIZE="0.26852367541999833" CI_START="0.12006602298627175" CI_END="0.6005442877816402"'
    ' TAU2="0.5084481786426333" CHI2="12.195290766294914" I2="50.80068105811242"'
)


MH_ADDED = ("0.28513099", "0.18303558", "0.44417420")
MH_PLAIN = ("0.27950944", "0.17820500", "0.43840254")
MH_RD = ("-0.01849344", "-0.02484631", "-0.01214056")
IV_RD = ("-0.00878231", "-0.01259840", "-0.00496623")
DL_WALD = ("0.27081050", "0.12424352", "0.59027890")
REML_HK = ("0.27157880", "0.12413666", "0.59414393")


@pytest.mark.parametrize(
    ("settings", "total", "tables", "command"),
    [
        (
            'METHOD="MH" RANDOM="NO" EFFECT_MEASURE="OR" TOTALS="YES"',
            'EFFECT_SIZE="0.8968655609130709" CI_START="0.8405144008917793"'
            ' CI_END="0.9569947088336491" CHI2="9.946055983220074" TAU2="0.0"',
            ASPIRIN,
            "--measure OR --method mh",
        ),
        (
            'METHOD="MH" RANDOM="YES" EFFECT_MEASURE="RR" TOTALS="YES"',
            FEVER_TOTAL,
            FEVER,
            "--measure RR --method mh --tau2 DL --zero-cells affected",
        ),
    ],
)
def test_diamonds_that_revman_computed_agree(settings, total, tables, command, run_json, tmp_path):
    path = tmp_path / "review.rm5"
    path.write_bytes(dichotomous(f"{settings} {total}", tables))
    done = run_json("import", "rm5", path, "--out", tmp_path / "out")
    [row] = done["further_tables"]["analyses.csv"]
    assert row["note"] == "agrees with the file"
    assert float(row["difference"]) < 1e-12
    for ours, theirs in (("q", "file_q"), ("estimate", "file_estimate")):
        assert float(row[ours]) == pytest.approx(float(row[theirs]), rel=1e-13)
    assert row["command"].endswith(command)
    words = row["command"].split()
    pooled = run_json("pool", tmp_path / "out" / words[2], *words[3:])
    assert math.exp(pooled["estimate"]) == pytest.approx(float(row["file_estimate"]), rel=1e-12)


def test_a_diamond_of_another_model_is_named(tmp_path):
    settings = f'METHOD="IV" RANDOM="NO" EFFECT_MEASURE="RR" TOTALS="YES" {FEVER_TOTAL}'
    path = tmp_path / "review.rm5"

    def note(total):
        path.write_bytes(dichotomous(settings.replace(FEVER_TOTAL, total), FEVER))
        return analyses(import_rm5(path), "1.1")[""]["note"]

    assert note(FEVER_TOTAL) == (
        "differs: the file's diamond is by DerSimonian and Laird's τ² about Mantel and Haenszel's "
        "estimate, with 0.5 in zero cells"
    )
    # R: rma(measure = "RR", drop00 = TRUE) with DL and z, with REML and Hartung-Knapp.
    for numbers, words in (
        (DL_WALD, "inverse variance with τ² by DL and a Wald interval"),
        (REML_HK, "inverse variance with τ² by REML and Hartung-Knapp's interval"),
    ):
        names = ("EFFECT_SIZE", "CI_START", "CI_END")
        total = " ".join(f'{n}="{x}"' for n, x in zip(names, numbers, strict=True))
        assert note(total) == f"differs: the file's diamond is by {words}"
    assert note('EFFECT_SIZE="0.5" CI_START="0.4" CI_END="0.6"') == (
        "differs from the file, and no other model gives its diamond"
    )
    assert any(entry.element == "diamond" for entry in import_rm5(path).left_out)


def test_exchanged_events_are_pooled_as_the_review_did(tmp_path):
    settings = 'METHOD="MH" RANDOM="NO" EFFECT_MEASURE="RR" TOTALS="YES" SWAP_EVENTS="YES"'
    path = tmp_path / "review.rm5"
    path.write_bytes(dichotomous(settings, ((10, 100, 20, 100), (8, 80, 12, 80))))
    imported = import_rm5(path)
    first = imported.pool_tables[0].rows[0]
    assert (first["events_experimental"], first["events_control"]) == ("90", "80")
    assert "swapped events" in {entry.element for entry in imported.left_out}


def test_totals_that_the_review_does_not_show_get_no_command(tmp_path):
    settings = 'METHOD="MH" RANDOM="NO" EFFECT_MEASURE="RR" TOTALS="NO"'
    path = tmp_path / "review.rm5"
    path.write_bytes(dichotomous(settings, ((10, 100, 20, 100), (8, 80, 12, 80))))
    imported = import_rm5(path)
    assert [table.command for table in imported.pool_tables] == [""]
    assert analyses(imported, "1.1")[""]["note"] == "the review pools nothing here"


# A published review as RevMan 5.1 wrote it: subgroups whose totals are random effects of their
# own, a trial without events, and an outcome of which nothing is estimable.
FEVER_BY_AGE = """
<DICH_OUTCOME CHI2="17.667105010117744" CI_END="1.4618481624981823" CI_START="0.1791112846618017"
 CI_TOTAL="95" EFFECT_MEASURE="RR" EFFECT_SIZE="0.511696689812963" ESTIMABLE="YES" METHOD="MH"
 NO="3" RANDOM="YES" SUBGROUPS="YES" SWAP_EVENTS="NO" TAU2="0.7269538301917312" TOTALS="YES">
<NAME>Fever on day 3</NAME>
<DICH_SUBGROUP CHI2="0.0" CI_END="2.125803133157957" CI_START="0.7594280196913527"
 EFFECT_SIZE="1.2705882352941176" ESTIMABLE="YES" TAU2="0.0"><NAME>children</NAME>
<DICH_DATA CI_END="0.0" CI_START="0.0" EFFECT_SIZE="0.0" ESTIMABLE="NO" EVENTS_1="0" EVENTS_2="0"
 STUDY_ID="STD-K" TOTAL_1="15" TOTAL_2="11"/>
<DICH_DATA EFFECT_SIZE="1.2705882352941176" EVENTS_1="12" EVENTS_2="10" STUDY_ID="STD-N"
 TOTAL_1="17" TOTAL_2="18"/></DICH_SUBGROUP>
<DICH_SUBGROUP CHI2="7.296651377529381" CI_END="1.5081283561328633" CI_START="0.056844642991206604"
 EFFECT_SIZE="0.29279518095297935" ESTIMABLE="YES" TAU2="1.2205207594343024"><NAME>adults</NAME>
<DICH_DATA EVENTS_1="34" EVENTS_2="40" STUDY_ID="STD-B" TOTAL_1="277" TOTAL_2="198"/>
<DICH_DATA EVENTS_1="3" EVENTS_2="24" STUDY_ID="STD-C" TOTAL_1="62" TOTAL_2="59"/>
</DICH_SUBGROUP></DICH_OUTCOME>
<DICH_OUTCOME CHI2="0.0" CI_END="0.0" CI_START="0.0" CI_TOTAL="95" EFFECT_MEASURE="RR"
 EFFECT_SIZE="0.0" ESTIMABLE="NO" LOG_EFFECT_SIZE="-Infinity" METHOD="MH" NO="4" RANDOM="YES"
 TAU2="NaN" TOTALS="YES"><NAME>Fever at 1 week</NAME>
<DICH_DATA ESTIMABLE="NO" EVENTS_1="0" EVENTS_2="0" STUDY_ID="STD-B" TOTAL_1="277" TOTAL_2="198"/>
</DICH_OUTCOME>"""


def test_subtotals_that_revman_computed_agree(tmp_path, run_json):
    path = tmp_path / "review.rm5"
    path.write_bytes(rm5(FEVER_BY_AGE, ["K", "N", "B", "C"]))
    imported = import_rm5(path)
    rows = analyses(imported, "1.3")
    assert [rows[name]["k"] for name in ("", "children", "adults")] == ["3", "1", "2"]
    for row in rows.values():
        assert row["note"] == "agrees with the file"
        assert float(row["difference"]) < 1e-13
    [row] = analyses(imported, "1.4").values()
    assert (row["command"], row["estimate"], row["file_estimate"]) == ("", "", "")
    assert row["note"].startswith("not pooled: no trial is left of 1: no events in both arms")
    run_json("import", "revman", path, "--out", tmp_path / "out")
    words = rows[""]["command"].split()
    pooled = run_json("pool", tmp_path / "out" / words[2], *words[3:])
    assert [math.exp(group["estimate"]) for group in pooled["groups"]] == pytest.approx(
        [1.2705882352941176, 0.29279518095297935], rel=1e-13
    )


@pytest.mark.parametrize(
    ("measure", "settings", "rule", "total"),
    [
        # R: rma.mh(measure = "RR") with 0.5 in the cells of trials with a zero, and without.
        ("RR", 'METHOD="MH" RANDOM="NO"', " --zero-cells affected", MH_ADDED),
        ("RR", 'METHOD="MH" RANDOM="NO"', "", MH_PLAIN),
        # R: rma.mh(measure = "RD"), rma(measure = "RD", method = "FE", to = "none").
        ("RD", 'METHOD="MH" RANDOM="NO"', "", MH_RD),
        ("RD", 'METHOD="IV" RANDOM="NO"', " --zero-cells none", IV_RD),
    ],
)
def test_zero_cells_as_the_diamond_says(tmp_path, measure, settings, rule, total):
    names = ("EFFECT_SIZE", "CI_START", "CI_END")
    numbers = " ".join(f'{n}="{x}"' for n, x in zip(names, total, strict=True))
    path = tmp_path / "review.rm5"
    settings = f'{settings} TOTALS="YES" EFFECT_MEASURE="{measure}" {numbers}'
    path.write_bytes(dichotomous(settings, FEVER[1:]))
    row = analyses(import_rm5(path), "1.1")[""]
    assert row["note"] == "agrees with the file"
    method = " --method mh" if "MH" in settings else " --tau2 CE --ci wald"
    assert row["command"].endswith(f"--measure {measure}{method}{rule}")
