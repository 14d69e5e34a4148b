"""Networks in the column sets of other programs are read as they are."""

from pathlib import Path

import pytest

from trialpool.effects.inputs import read_table
from trialpool.effects.networks import read_network
from trialpool.findings import InputError
from trialpool.pooling.network import network

FOLDER = Path(__file__).parents[1] / "reference" / "network_tables"
# REML by netmeta 3.6 of the same networks (Hasselblad 1998; Franchini 2012; Senn 2013).
TAU2 = {"smoking": 0.450229620244483, "parkinson": 0.0, "senn": 0.0999145}
PROGRAMS = {
    "smoking": ("gemtc-smoking", "multinma-smoking", "netmeta-smoking", "metafor-smoking",
                "pcnetmeta-smoking"),
    "parkinson": ("netmeta-parkinson", "gemtc-parkinson", "bugsnet-parkinson",
                  "gemtc-parkinson-relative", "multinma-parkinson-relative"),
    "senn": ("metadat-senn",),
}  # fmt: skip
BY_NAME = [(name, program) for name, programs in PROGRAMS.items() for program in programs]


def analysed(name, measure=None):
    read = read_network(read_table(FOLDER / f"{name}.csv"), measure)
    return network(**read.arguments, node_splitting=False)


@pytest.mark.parametrize(("name", "program"), BY_NAME)
def test_between_trial_variance(name, program):
    found = analysed(program, "OR" if name == "smoking" else None)
    assert found.tau2.value == pytest.approx(TAU2[name], abs=2e-6)
    assert (len(found.treatments), len(found.studies)) == {
        "smoking": (4, 24), "parkinson": (5, 7), "senn": (10, 26)
    }[name]  # fmt: skip


@pytest.mark.parametrize(
    ("program", "studies"),
    [("metadat-bleeding", 11), ("metadat-bleeding-csv2", 11), ("metadat-dong", 38),
     ("metadat-woods", 3), ("metadat-depression", 93), ("netmeta-depression", 93)],
)  # fmt: skip
def test_other_networks(program, studies):
    measure = None if program.endswith("depression") else "OR"
    assert len(analysed(program, measure).studies) == studies


def test_the_measure_that_a_header_names():
    assert analysed("metadat-depression").measure == "OR"


def test_rows_without_numbers(tmp_path):
    text = (
        "study;treatment;responders;sampleSize\nS1;A;3;1.100\nS1;B;5;1.200\nS2;A;NA;90\n"
        "S2;B;4;95\nS3;A;8;90\nS3;B;15;NR\nS3;C;6;88\n"
    )
    file = tmp_path / "network.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_network(read_table(file), "OR")
    assert [(f.line, f.column) for f in caught.value.findings] == [
        (4, "responders"), (7, "sampleSize")
    ]  # fmt: skip
    read = read_network(read_table(file), "OR", drop_missing=True)
    assert read.arguments["n"] == [1100, 1200, 90, 88]
    assert [out.line for out in read.table.left_out] == [4, 5, 7]
    assert sum(w.rule == "row-left-out" for w in read.warnings) == 3
