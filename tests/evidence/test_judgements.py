"""Judgements of risk of bias: words, tools, domains, wide and long rows, and how many there are."""

import pytest
from sample_records import trial

from trialpool.evidence.risk_of_bias import (
    TOOLS,
    domain_of,
    judged_as,
    judgement_of,
    judgements,
    read_rows,
    tool_of,
)
from trialpool.evidence.risk_of_bias_summary import (
    Result,
    coverage_sentence,
    results_of,
    summarise,
)
from trialpool.records.files import from_plain
from trialpool.records.trials import RiskOfBias, Trial


@pytest.mark.parametrize(
    ("cell", "word"),
    [
        *[(text, "low") for text in ("low", "Low risk", "LOW RISK OF BIAS", "+", "L")],
        *[(text, "some concerns") for text in ("Some concerns", "some", "Moderate risk", "!")],
        *[(text, "high") for text in ("High", "serious", "High risk of bias", "-", "−")],
        *[(text, "critical") for text in ("Critical", "x", "×", "critical risk")],
        *[(text, "unclear") for text in ("Unclear risk of bias", "No information", "NI", "?")],
        *[(text, "") for text in ("", "  ", None)],
    ],
)
def test_usual_spellings_are_read(cell, word):
    assert judgement_of(cell) == word


@pytest.mark.parametrize("cell", ["fine", "risk", "low high", "yes", "1"])
def test_other_words_are_refused(cell):
    with pytest.raises(ValueError, match="is no judgement of risk of bias; allowed: low"):
        judgement_of(cell)


def test_tools_and_domains():
    spelt = {"ROB2": "RoB 2", "rob 2.0": "RoB 2", "ROBINS-I": "ROBINS-I", "RoB1": "Cochrane 2011"}
    assert {text: tool_of(text) for text in spelt} == spelt
    assert tool_of("Our  own tool") == "Our own tool"
    for tool, names in TOOLS.items():
        # Every name finds its own number, none that of another.
        assert [domain_of(tool, name.title()) for name in names] == [
            f"D{number}" for number in range(1, len(names) + 1)
        ]
    # As RoB 2 and RevMan 5 write them.
    assert domain_of("RoB 2", "Bias arising from the randomization process") == "D1"
    assert domain_of("Cochrane 2011", "Selective reporting (reporting bias)") == "D6"
    assert domain_of("RoB 2", "d3") == "D3"
    assert domain_of("RoB 2", "Overall bias") == "overall"
    assert domain_of("RoB 2", "D6") is None
    assert domain_of("RoB 2", "confounding") is None
    assert domain_of("Our own", "confounding") == "confounding"


WIDE = [
    {"trial_id": "a", "endpoint": "", "tool": "RoB2", "D1": "low", "D2": "some concerns",
     "overall": "Some concerns", "by": "AB", "when": "2025-03", "reason": "open label"},
    {"trial_id": "b", "endpoint": "OS", "tool": "RoB2", "D1": "high", "D2": "", "overall": "high"},
]  # fmt: skip
LONG = [
    {"trial_id": "a", "tool": "RoB 2", "domain": "overall", "judgement": "!", "by": "AB",
     "when": "2025-03", "reason": "open label"},
    {"trial_id": "a", "tool": "RoB 2", "domain": "2", "judgement": "moderate"},
    {"trial_id": "a", "tool": "RoB 2", "domain": "randomisation process", "judgement": "+"},
    {"trial_id": "b", "endpoint": "OS", "tool": "RoB 2", "domain": "D1", "judgement": "−"},
    {"trial_id": "b", "endpoint": "OS", "tool": "RoB 2", "domain": "overall", "judgement": "High"},
]  # fmt: skip


def test_wide_and_long_rows_say_the_same():
    read = judgements(WIDE)
    assert read == judgements(LONG)
    assert read["a", ""] == RiskOfBias(
        tool="RoB 2",
        judgements={"D1": "low", "D2": "some concerns", "overall": "some concerns"},
        by="AB",
        when="2025-03",
        reasons={"overall": "open label"},
    )
    assert list(judgements(LONG)["a", ""].judgements) == ["D1", "D2", "overall"]
    assert judged_as(read["b", "OS"]) == "high"
    assert judged_as(read["b", "OS"], "D2") == judged_as(None) == "not judged"


def test_every_cell_that_cannot_be_read_is_named():
    rows = [{"trial_id": "a", "tool": "RoB 2", "D1": "fine", "D6": "low", "overall": "low"}]
    judged, misread = read_rows(rows)
    assert [(one.domain, one.judgement) for one in judged] == [("overall", "low")]
    assert [(one.column, one.what) for one in misread] == [("D1", "judgement"), ("D6", "domain")]


def made(trial_id, endpoint="OS", weight=1.0, **words):
    entry = {"tool": "RoB 2", "judgements": words} if words else None
    plain = trial(trial_id=trial_id, endpoint=endpoint, weight=weight, risk_of_bias=entry)
    return from_plain(plain, Trial)


def test_shares_by_domain_with_and_without_weights():
    trials = [
        made("a", weight=0.5, D1="low", overall="low"),
        made("b", weight=0.3, D1="low", overall="high"),
        made("c", weight=0.2, D1="high"),
        made("d", weight=1.0),
        # A second comparison of the same result adds weight, not another result.
        made("b", weight=0.1, D1="low", overall="high"),
    ]
    found = summarise(results_of(trials))
    assert (found.trials, found.judged) == (4, 3)
    (tool,) = found.tools
    first, overall = tool.domains
    assert (first.name, overall.name) == ("randomisation process", "overall")
    assert first.counts == {"low": 2, "high": 1}
    assert first.shares == pytest.approx({"low": 2 / 3, "high": 1 / 3})
    assert overall.counts == {"low": 1, "high": 1, "not judged": 1}
    weighted = summarise(results_of(trials, weighted=True), weighted=True).tools[0].domains
    # 0.5 + 0.4 and 0.2 of 1.1.
    assert weighted[0].shares == pytest.approx({"low": 0.9 / 1.1, "high": 0.2 / 1.1})
    assert sum(weighted[1].shares.values()) == pytest.approx(1)
    assert coverage_sentence(found) == (
        "Risk of bias was judged for 3 of 4 trials: RoB 2, overall of 3 results 1 low risk, "
        "1 high risk, 1 not judged."
    )
    assert coverage_sentence(summarise([Result("a", None)])) == "Risk of bias was not judged."


def test_tools_are_never_mixed():
    results = [
        Result("a", RiskOfBias(tool="RoB 2", judgements={"D1": "low"})),
        Result("b", RiskOfBias(tool="ROBINS-I", judgements={"D1": "high", "overall": "high"})),
    ]
    tools = summarise(results, names={"D1": "first"}).tools
    assert [(one.tool, one.results, one.domains[0].counts) for one in tools] == [
        ("ROBINS-I", 1, {"high": 1}),
        ("RoB 2", 1, {"low": 1}),
    ]
    assert {one.domains[0].name for one in tools} == {"first"}
