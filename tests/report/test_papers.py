"""The pages of trials: from a diamond to the page on which its number was read."""

import html as entities

from msgspec import structs
from report_records import figures, records
from site_pages import questions, texts

from trialpool.records.explanations import TrialExplanation
from trialpool.records.files import from_plain
from trialpool.report.papers import paper_rows

HOSTILE = '<script>alert("x")</script>'


_DERIVATION = {
    **{"rung": "", "formula": "", "reference": "", "inputs": {}},
    **{"se_lower": None, "se_upper": None},
}
_RUNG = {
    **{"reason": "", "yi": None, "sei": None, "yi_lower": None, "yi_upper": None},
    **{"sei_lower": None, "sei_upper": None, "asymmetry": None, "formula": "", "reference": ""},
    **{"inputs": {}, "flags": [], "locator": ""},
}


def explanation(trial_id: str, question: str, note: str = "") -> TrialExplanation:
    """A pooled row and a row that is not, as `explain_trial` gives them."""
    plain = {
        "kind": "trial",
        "trial_id": trial_id,
        "trial": "A trial",
        "described": {},
        "arms": [],
        "notes": [],
        "pooled": [
            {
                "kind": "row",
                "row_id": "a.os.1",
                "table": "time_to_event",
                "trial_id": trial_id,
                "trial": "A trial",
                "endpoint": "OS",
                "left_out": [],
                "notes": [],
                "questions": [
                    {
                        "question": question,
                        "title": "Overall survival",
                        "measure": "HR",
                        "group": "A group",
                        "comparison": "a v b",
                        "pool": {
                            **{"k": 2, "estimate": -0.2876820724517809, "ci_lower": None},
                            **{"ci_upper": None, "primary_model": None},
                        },
                        "se": 0.24,
                        "row_ids": ["a.os.1"],
                        "derivation": _DERIVATION,
                        "flags": [],
                        "models": {
                            "common-effect": {
                                "estimate": -0.2876820724517809,  # ln 0.75
                                "ci_lower": -0.5108256237659907,  # ln 0.60
                                "ci_upper": -0.06187540371808753,  # ln 0.94
                            }
                        },
                        "estimate": -0.2231435513142097,  # ln 0.80
                        "ci_lower": -0.6931471805599453,  # ln 0.50
                        "ci_upper": 0.24686007793152578,  # ln 1.28
                        "weight": 0.25,
                        "weight_common": 0.125,
                    }
                ],
                "effect": {
                    **{"status": "effect", "reason": "", "events": None, "n": None, "flags": []},
                    "measure": "HR",
                    "scale": "log",
                    "yi": -0.2231435513142097,
                    "sei": 0.24,
                    "sei_lower": 0.235,
                    "sei_upper": 0.245,
                    "rung": "ratio with interval",
                    "formula": "yi = ln(ratio)",
                    "reference": "Parmar 1998",
                    "inputs": {"estimate": "0.80"},
                },
                "rungs": [
                    {**_RUNG, "number": 1, "name": "ratio with interval", "sei": 0.24},
                    {
                        **_RUNG,
                        "number": 3,
                        "name": "ratio with two-sided p",
                        "reason": "the p-value is a bound, not a number",
                    },
                ],
                "printed": {"row_id": "a.os.1", "estimate": "0.80", "ci_lower": "0.50"},
                "source": {
                    **{"source_id": "s", "url": None, "extraction": "single"},
                    "citation": "Author. Title. Journal 2020.",
                    "doi": "10.1000/xyz",
                    "pmid": None,
                    "place": "Table 2",
                    "page_read": "https://example.org/page",
                    "note": note,
                },
                "findings": [
                    {
                        **{"level": "warning", "column": "p_value", "message": "fits one-sided"},
                        **{"rule": "p-one-sided", "value": "", "remedy": ""},
                    }
                ],
            }
        ],
        "rows": [
            {
                "row_id": "a.os.2",
                "endpoint": "OS",
                "table": "time_to_event",
                "result": "HR 0.9",
                "arms": "a v b",
                "about": {"maturity": "interim"},
                "pooled_in": [],
                "left_out": [
                    {
                        **{"question": question, "title": "Overall survival"},
                        **{"stage": "another report used"},
                        "reason": "final before interim analysis",
                    }
                ],
                "reason": "",
            }
        ],
    }
    return from_plain(plain, TrialExplanation)


def trial_page(told: TrialExplanation) -> str:
    return texts(records(), figures(), explanations={told.trial_id: told})[
        f"trials/{told.trial_id}.html"
    ]


def test_the_page_of_a_trial_goes_down_from_the_diamond_to_the_paper():
    record = records()[0]
    trial = record.trials[0]
    page = entities.unescape(trial_page(explanation(trial.trial_id, record.id)))
    block = page[page.index('id="chain-a.os.1"') :]
    wanted = [
        f'<a href="../questions/{record.id}.html">Overall survival</a>, A group',
        "common effect 0.75 [0.60 to 0.94]",
        "HR 0.80 [0.50 to 1.28]; weight 25.0% (random effects), 12.5% (common effect)",
        "ln HR = −0.223, SE 0.240 (0.235 to 0.245 by rounding)",
        '">ratio with interval</a>',
        "3 ratio with two-sided p: the p-value is a bound, not a number",
        "https://doi.org/10.1000/xyz",
        "in: Table 2",
        "warning, p_value: fits one-sided",
    ]
    places = [block.index(words) for words in wanted]
    assert places == sorted(places)
    # What is in no pool stands in the table of all its rows.
    table = page[page.index('<tr id="a.os.2">') :]
    assert "HR 0.9" in table
    assert "another report used: final before interim analysis" in table


def test_a_row_leads_from_its_question_to_the_page_of_its_trial():
    record = records()[0]
    trial = record.trials[0]
    told = explanation(trial.trial_id, record.id)
    row = structs.replace(told.pooled[0], row_id=trial.row_ids[0])
    told = structs.replace(told, pooled=(row,))
    page = questions(records(), figures(), explanations={trial.trial_id: told})
    assert f'href="../trials/{trial.trial_id}.html#chain-{trial.row_ids[0]}"' in page
    assert f'href="../trials/{trial.trial_id}.html">{trial.label}</a>' in page
    # Of what is not in the raw tables there is no way to show.
    assert "#chain-" not in questions(records(), figures())


def test_text_of_the_tables_cannot_become_markup():
    record = records()[0]
    page = trial_page(explanation(record.trials[0].trial_id, record.id, note=HOSTILE))
    assert HOSTILE not in page
    assert entities.escape(HOSTILE, quote=False).split("(")[0] in page


def test_a_question_without_a_page_gets_no_link():
    (row,) = paper_rows(explanation("t", "elsewhere"), {})
    assert row.pooled[0].href == ""
    assert row.pooled[0].heading == "Overall survival"
