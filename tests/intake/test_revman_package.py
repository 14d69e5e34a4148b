"""The data package of RevMan Web and the Cochrane Library."""

from __future__ import annotations

import io
import math
import zipfile

import pytest
from revman_files import package, table

from trialpool.evidence.reading import read_evidence
from trialpool.findings import InputError
from trialpool.intake.revman import archive
from trialpool.intake.revman.package import import_package
from trialpool.intake.revman.written import TABLE


@pytest.fixture
def sample(fixtures):
    return fixtures / "revman" / "revman-web.zip"


# R 4.2, metafor: rma.mh(RR) of 1.1; rma(MD, DL) of 1.2; rma(DL) of 1.3; rma(FE) of O - E and V.
EXPECTED = {
    "1.1": (0.57772035, 0.36423815, 0.91632578),
    "1.2": (-0.98235501, -1.37609995, -0.58861008),
    "1.3": (0.78116875, 0.68148050, 0.89543958),
    "1.4": (0.74299116, 0.49758782, 1.10942399),
}


def rows_of(imported):
    return {(row["analysis"], row["subgroup"]): row for row in imported.beside[TABLE]}


def test_every_data_type_is_pooled_as_the_review_says(sample, run_json, tmp_path):
    done = run_json("import", "revman", sample, "--out", tmp_path / "out")
    rows = {(r["analysis"], r["subgroup"]): r for r in done["further_tables"][TABLE]}
    for number, expected in EXPECTED.items():
        row = rows[number, ""]
        found = [float(row[name]) for name in ("estimate", "ci_lower", "ci_upper")]
        assert found == pytest.approx(expected, abs=1e-8), number
        words = row["command"].split()
        pooled = run_json("pool", tmp_path / "out" / words[2], *words[3:])
        limits = [pooled[name] for name in ("estimate", "ci_lower", "ci_upper")]
        shown = limits if number == "1.2" else [math.exp(x) for x in limits]
        assert shown == pytest.approx(expected, abs=1e-8), number
        assert row["note"] == "the file holds no diamond to compare with"
    assert rows["1.1", "Children"]["k"] == "1"
    assert rows["1.1", ""]["command"].endswith("--measure RR --method mh --by subgroup")
    assert rows["1.2", ""]["command"].endswith("--measure MD --tau2 DL --ci wald")


def test_no_command_pools_over_what_the_review_keeps_apart(sample):
    imported = import_package(sample)
    rows = rows_of(imported)
    assert rows["1.5", ""]["note"] == "no overall total in the review"
    assert rows["1.5", ""]["command"] == ""
    tables = [table for table in imported.pool_tables if table.name.startswith("1-5-")]
    assert [table.name.removeprefix("1-5-pain-at-several-times-") for table in tables] == [
        "30-days",
        "90-days",
    ]
    for part in tables:
        assert [row["study"] for row in part.rows] == ["Alder", "Birch"]


def test_studies_references_and_judgements(sample, run, tmp_path):
    imported = import_package(sample, "rct")
    tables = imported.ordered_tables()
    assert [row["trial_id"] for row in tables["trials"]] == [
        *("alder", "birch", "cedar", "elm", "fir", "gum")
    ]
    assert [(row["first_author"], row["year"]) for row in tables["sources"]] == [
        *(("Alder", "2001"), ("Birch", "2004"), ("Cedar", "2009")),
        *(("Elm", "2015"), ("Fir", "1998"), ("Gum", "2003")),
    ]
    names = ("trial_id", "tool", "domain", "judgement", "reason")
    assert [tuple(row[name] for name in names) for row in tables["risk_of_bias"]] == [
        ("alder", "Cochrane 2011", "D2", "low", "central office"),
        ("birch", "Cochrane 2011", "D2", "unclear", ""),
    ]
    assert [row["Year"] for row in imported.beside["study_information.csv"]] == ["2001", "2004"]
    assert run("import", "rm5", sample, "--design", "rct", "--out", tmp_path / "o").exit_code == 0
    names = ["trials", "sources", "risk_of_bias"]
    assert len(read_evidence(tmp_path / "o", names).rows("trials")) == 6


def test_inside_the_zip_of_an_article(sample, tmp_path):
    path = tmp_path / "CD000001.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("CD000001-files/CD000001.pdf", b"%PDF-1.4")
        archive.writestr("CD000001-files/CD000001-data.zip", sample.read_bytes())
    inner, outer = import_package(sample), import_package(path)
    assert inner.pool_tables == outer.pool_tables
    assert inner.beside == outer.beside


# R: rma(measure = "RR", drop00 = TRUE, method = "REML", test = "knha") of these trials.
FEVER = (
    (0, 369, 0, 386), (0, 257, 2, 109), (2, 798, 17, 804), (5, 978, 35, 996), (0, 605, 2, 608),
    (2, 277, 5, 198), (2, 157, 1, 50), (26, 650, 12, 220),
)  # fmt: skip
NEWER = {
    "Analysis group": 2, "Analysis number": 1, "Analysis name": "Fever",
    "Analysis group name": "X versus Y", "Data type": "Dichotomous", "Log-scale data": "true",
    "Statistical method": "IV", "Effect measure": "Risk Ratio", "Analysis model": "Random effects",
    "Heterogeneity estimator": "REML", "CI method": "HKSJ", "Subgroup estimates": "true",
    "Overall estimates": "true", "CI/PI level": "95%", "Mean": "0.27157880",
    "CI start": "0.12413666", "CI end": "0.59414393", "Heterogeneity Tau²": "0.4344981",
}  # fmt: skip


def fever_rows(**more):
    columns = ("Experimental cases", "Experimental N", "Control cases", "Control N")
    return [
        {
            **{"Analysis group": 2, "Analysis number": 1, "Study": f"S{i}"},
            **dict(zip(columns, counts, strict=True)),
            **{"GIV Mean": "0.0", "GIV SE": "0.0"},
            **more,
        }
        for i, counts in enumerate(FEVER)
    ]


def test_settings_of_newer_packages_and_their_diamond(tmp_path):
    path = package(tmp_path / "r.zip", [NEWER], fever_rows())
    row = rows_of(import_package(path))["2.1", ""]
    assert row["note"] == "agrees with the file"
    assert float(row["difference"]) < 2e-6
    assert row["command"].endswith("--measure RR --tau2 REML --ci hk")


def test_a_diamond_by_other_settings_is_explained(tmp_path):
    older = {**NEWER, "Heterogeneity estimator": "", "CI method": ""}
    path = package(tmp_path / "r.zip", [older], fever_rows())
    imported = import_package(path)
    row = rows_of(imported)["2.1", ""]
    assert row["command"].endswith("--tau2 DL --ci wald")
    assert row["note"] == (
        "differs: the file's diamond is by inverse variance with τ² by REML and Hartung-Knapp's "
        "interval"
    )
    # log of 0.12413666 / 0.12424352, 0.27157880 / 0.27081050 and 0.59414393 / 0.59027890.
    assert float(row["difference"]) == pytest.approx(math.log(0.59414393 / 0.59027890), abs=1e-6)
    assert "diamond" in {entry.element for entry in imported.left_out}


def test_printed_diamonds_agree_to_their_digits(tmp_path):
    printed = {**NEWER, "Mean": "0.27", "CI start": "0.12", "CI end": "0.59"}
    path = package(tmp_path / "r.zip", [printed], fever_rows())
    assert rows_of(import_package(path))["2.1", ""]["note"] == "agrees with the file"
    path = package(tmp_path / "s.zip", [{**printed, "CI end": "0.60"}], fever_rows())
    assert rows_of(import_package(path))["2.1", ""]["note"] == (
        "differs: the file's diamond may be by DerSimonian and Laird's τ² about Mantel and "
        "Haenszel's estimate, with 0.5 in zero cells"
    )


# Fleiss 1993, Stat Methods Med Res 2:121: mental health treatment and hospital stay.
STAYS = (
    (5, 4.7, 13, 6.5, 3.8, 13), (4.9, 1.71, 30, 6.1, 2.3, 50), (22.5, 3.44, 35, 24.9, 10.65, 35),
    (12.5, 1.47, 20, 12.3, 1.66, 20), (6.5, 0.76, 8, 7.38, 1.41, 8),
)  # fmt: skip


def stay_rows():
    columns = (
        *("Experimental mean", "Experimental SD", "Experimental N"),
        *("Control mean", "Control SD", "Control N"),
    )
    return [
        {
            **{"Analysis group": 1, "Analysis number": 2, "Study": f"S{i}"},
            **dict(zip(columns, stay, strict=True)),
        }
        for i, stay in enumerate(STAYS)
    ]


def test_standardised_differences_name_revmans_own_standard_error(tmp_path):
    # RevMan's formulas by hand: g = d(1 - 3/(4N - 9)), v = N/(n1 n2) + g²/(2(N - 3.94)).
    sums = [0.0, 0.0]
    for m1, s1, n1, m2, s2, n2 in STAYS:
        n = n1 + n2
        s = math.sqrt(((n1 - 1) * s1**2 + (n2 - 1) * s2**2) / (n - 2))
        g = (m1 - m2) / s * (1 - 3 / (4 * n - 9))
        w = 1 / (n / (n1 * n2) + g * g / (2 * (n - 3.94)))
        sums = [sums[0] + w * g, sums[1] + w]
    mean, se = sums[0] / sums[1], sums[1] ** -0.5
    half = 1.959963984540054 * se
    settings = {
        **NEWER,
        **{"Analysis group": 1, "Analysis number": 2, "Data type": "Continuous"},
        **{"Log-scale data": "false", "Effect measure": "Std. Mean Difference"},
        **{"Analysis model": "Fixed effect", "Heterogeneity Tau²": ""},
        **{"Mean": mean, "CI start": mean - half, "CI end": mean + half},
    }
    path = package(tmp_path / "r.zip", [settings], stay_rows())
    row = rows_of(import_package(path))["1.2", ""]
    assert row["measure"] == "SMD"
    assert row["command"].endswith("--measure SMD --tau2 CE --ci wald")
    assert row["note"] == (
        "differs: the file's diamond is by RevMan's standard error of the standardised difference"
    )
    assert 0 < float(row["difference"]) < 0.01


def test_rows_that_cannot_be_are_left_out_by_name(tmp_path):
    rows = fever_rows()
    rows[1]["Experimental cases"] = "300"
    rows[2]["Control N"] = ""
    rows[3]["Study"] = ""
    rows.append({**rows[4], "Analysis number": 9})
    imported = import_package(package(tmp_path / "r.zip", [NEWER], rows))
    told = {(entry.element, entry.reason) for entry in imported.left_out}
    assert {
        ("Experimental cases", "more events than patients"),
        ("Control N", "not a whole number of patients"),
        ("Study", "no study of the review"),
        ("data rows", "rows of an analysis without settings"),
    } <= told
    assert len(imported.pool_tables[0].rows) == 5


def test_rows_outside_the_total_and_other_kinds(tmp_path):
    rows = [*fever_rows(Subgroup="a"), *fever_rows(Subgroup="b", Applicability="SUBGROUP")]
    imported = import_package(package(tmp_path / "r.zip", [NEWER], rows))
    found = rows_of(imported)
    assert (found["2.1", ""]["k"], found["2.1", "b"]["k"]) == ("7", "7")
    first, second = imported.pool_tables
    assert {row["subgroup"] for row in first.rows} == {"a"}
    assert (second.name, len(second.rows)) == ("2-1-fever-b", 8)
    assert found["2.1", "b"]["table"] == "pool/2-1-fever-b.csv"
    other = {**NEWER, "Data type": "Something new"}
    imported = import_package(package(tmp_path / "s.zip", [other], rows))
    assert "a data type that is not read" in {entry.reason for entry in imported.left_out}
    logged = {**NEWER, "Data type": "Generic inverse variance", "Log-scale data": "false"}
    rows = [{**row, "GIV Mean": "0.8", "GIV SE": "0.1"} for row in fever_rows()]
    imported = import_package(package(tmp_path / "t.zip", [logged], rows))
    assert rows_of(imported)["2.1", ""]["measure"] == "generic"


def test_domains_of_newer_tools_and_by_outcome(tmp_path):
    columns = (
        "Study",
        "Bias arising from the randomization process (judgement)",
        "Bias arising from the randomization process (support)",
        "Domain (judgement): Bias in measurement of the outcome",
        "Domain (support): Bias in measurement of the outcome",
        "Domain (judgement): Unknown domain",
        "Overall bias (judgement)",
    )
    cells = ("S1", "Low risk", "by computer", "Some concerns", "", "High risk", "High risk")
    judged = table(columns, [dict(zip(columns, cells, strict=True))])
    path = package(
        tmp_path / "r.zip", [NEWER], fever_rows(), {"x/CD000001-risk-of-bias.csv": judged}
    )
    imported = import_package(path)
    names = ("tool", "domain", "judgement", "reason")
    assert [tuple(row[name] for name in names) for row in imported.tables["risk_of_bias"]] == [
        ("RoB 2", "D1", "low", "by computer"),
        ("RoB 2", "D4", "some concerns", ""),
        ("RoB 2", "overall", "high", ""),
    ]
    assert "RoB 2 has no such domain" in {entry.reason for entry in imported.left_out}


def zipped(**parts: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (zipped(**{"../x-data-rows.csv": b"a"}), "zip-path"),
        (zipped(**{"/etc/x-data-rows.csv": b"a"}), "zip-path"),
        (zipped(**{"C:\\x-data-rows.csv": b"a"}), "zip-path"),
        (zipped(**{"a\\..\\x-data-rows.csv": b"a"}), "zip-path"),
        (zipped(**{f"{i}.csv": b"" for i in range(5_001)}), "zip-size"),
        (zipped(**{"1-data-rows.csv": b"a", "2-data-rows.csv": b"a"}), "package"),
        (zipped(**{"1-data-rows.csv": b"a"}), "package"),
        (zipped(**{"notes.txt": b"a"}), "package"),
        (zipped(**{"inner.zip": b"no zip at all"}), "zip"),
        (zipped(**{"1-data-rows.csv": b"a\x00", "1-settings.csv": b"a"}), "package"),
        (b"PK\x03\x04 and no more", "zip"),
        (b"PK\x05\x06" + bytes(18), "package"),
    ],
)
def test_archives_that_no_review_is_are_refused(tmp_path, content, rule):
    path = tmp_path / "review.zip"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        import_package(path)
    assert [finding.rule for finding in caught.value.findings] == [rule]


@pytest.mark.parametrize("limit", ["_BIGGEST_UNPACKED", "_BIGGEST_PART"])
def test_what_unfolds_to_too_much_is_refused(sample, monkeypatch, limit):
    monkeypatch.setattr(archive, limit, 1_000)
    with pytest.raises(InputError) as caught:
        import_package(sample)
    assert [finding.rule for finding in caught.value.findings] == ["zip-size"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("data-rows.csv", b"\xff\xfe", "line 1 is not UTF-8 text"),
        ("data-rows.csv", b"a\x00b", "binary, not text"),
        ("data-rows.csv", b"Study\nx\n", "no column Analysis group, Analysis number"),
        ("data-rows.csv", b"Study,Study\n", "the header has a column twice"),
        ("data-rows.csv", b'Study\n"x', "not well-formed CSV"),
        ("data-rows.csv", b"", "no column"),
        ("overall-estimates-and-settings.csv", b"Study\nx\n", "no column Analysis group"),
        ("risk-of-bias.csv", b"Domain\nx\n", "no column Study"),
    ],
)
def test_tables_that_are_none_are_named(sample, tmp_path, name, content, message):
    path = tmp_path / "review.zip"
    with zipfile.ZipFile(sample) as old, zipfile.ZipFile(path, "w") as new:
        for part in old.infolist():
            own = content if part.filename.endswith(name) else old.read(part)
            new.writestr(part.filename, own)
    with pytest.raises(InputError) as caught:
        import_package(path)
    [finding] = caught.value.findings
    assert finding.rule == "package-table"
    assert finding.message.startswith(f"{name}: ")
    assert message in finding.message
