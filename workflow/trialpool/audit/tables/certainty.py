"""Rules on certainty.csv: what people judged of the evidence on a comparison."""

from __future__ import annotations

from typing import Final

from trialpool.audit.context import AuditContext
from trialpool.audit.rule import Case, Fault, Judgements, rule
from trialpool.evidence.arm_pairs import ArmPairs
from trialpool.evidence.certainty import DOMAINS, JUDGEMENTS
from trialpool.evidence.contrasts import Taxonomy
from trialpool.settings import load_renamed

_TABLE: Final = "certainty"
_RESOLVES: Final = "referential integrity: a name means something only where it is defined"
_GRADE: Final = "GRADE (Guyatt et al., J Clin Epidemiol 2011;64:383)"
_AGENTS: Final = {
    "classes": {
        "blocker": {"label": "blocker", "targeted": True},
        "care": {"label": "care", "targeted": False},
    },
    "mechanisms": {
        "channel": {"label": "channel blocker", "class": "blocker", "order": 1},
        "care": {"label": "care", "class": "care", "order": 2},
    },
    "agents": {"drugine": {"mechanism": "channel"}, "care": {"mechanism": "care"}},
}
_JUDGED: Final = {
    **{"comparison": "drugine-added-on-none", "question": "death", "domain": "imprecision"},
    **{"judgement": "serious", "reason": "few events", "by": "AB", "date": "2025-06-30"},
}


def _judged(**cells: str) -> Case:
    row = _JUDGED | cells
    return Case({_TABLE: [row]}, words=f"{row['domain']}: {row['judgement'] or '(empty)'}")


def _of_comparison(comparison: str) -> Case:
    arms = [
        {"trial_id": "a", "arm_id": "x", "agents": "drugine; care", "role": "experimental"},
        {"trial_id": "a", "arm_id": "y", "agents": "care", "role": "control"},
    ]
    return Case(
        {
            _TABLE: [_JUDGED | {"comparison": comparison}],
            "trials": [{"trial_id": "a"}],
            "arms": arms,
        },
        taxonomy=_AGENTS,
        words=f"{comparison}, where a trial compares drugine and care with care",
    )


@rule(
    "certainty-comparison-known",
    "A judged comparison is one that arms of a trial make, or an earlier id of one.",
    levels=("fatal",),
    reference=_RESOLVES,
    remedy="results/comparisons.json lists the ids; an id that changed belongs in renamed.yaml.",
    tables=(_TABLE, "trials", "arms"),
    needs=("taxonomy",),
    holds=_of_comparison("drugine-added-on-none"),
    fails=_of_comparison("durgine-added-on-none"),
)
def certainty_comparison_known(context: AuditContext) -> Judgements:
    """Judge the comparison of every judgement."""
    rows = context.rows(_TABLE)
    if not rows:
        return
    taxonomy = Taxonomy(context.settings.taxonomy)
    known = ArmPairs(taxonomy, context.rows("trials"), context.rows("arms")).ids()
    known |= set(load_renamed(context.settings)[0])
    for row in rows:
        message = "no two arms of a trial make this comparison"
        fault = Fault(_TABLE, row, "comparison", message, "an id of results/comparisons.json")
        yield None if row["comparison"] in known else fault


@rule(
    "certainty-question-known",
    "A judged outcome is a question of the review.",
    levels=("fatal",),
    reference=_RESOLVES,
    remedy="Correct it; questions.yaml has the ids.",
    tables=(_TABLE,),
    needs=("questions",),
    holds=Case({_TABLE: [_JUDGED]}, questions={"death": {}}, words="death, which is asked"),
    fails=Case({_TABLE: [_JUDGED]}, questions={"stroke": {}}, words="death, which is not asked"),
)
def certainty_question_known(context: AuditContext) -> Judgements:
    """Judge the question of every judgement."""
    known = context.settings.questions
    for row in context.rows(_TABLE):
        fault = Fault(_TABLE, row, "question", "no such question", "an id of questions.yaml")
        yield None if row["question"] in known else fault


@rule(
    "certainty-word-of-domain",
    "A judgement is in the words of its domain: high to very low for the certainty itself, not "
    "serious to extremely serious for what lowers it.",
    levels=("fatal",),
    reference=_GRADE,
    remedy="Write one of these words.",
    tables=(_TABLE,),
    holds=_judged(),
    fails=_judged(judgement="very low"),
)
def certainty_word_of_domain(context: AuditContext) -> Judgements:
    """Judge the word of every judgement."""
    for row in context.rows(_TABLE):
        if row["domain"] not in DOMAINS or row["judgement"] not in JUDGEMENTS:
            # No word of any domain: reading the table has said so.
            continue
        words = DOMAINS[str(row["domain"])]
        message = f"{row['judgement']!r} is no judgement of {row['domain']!r}"
        fault = Fault(_TABLE, row, "judgement", message, ", ".join(words), ("domain",))
        yield None if row["judgement"] in words else fault


@rule(
    "certainty-signed",
    "A judgement has its reason, who made it and when.",
    levels=("warning",),
    reference=_GRADE,
    remedy="Write down why, by whom (initials will do) and on which day.",
    tables=(_TABLE,),
    holds=_judged(),
    fails=Case({_TABLE: [_JUDGED | {"by": ""}]}, words="a judgement by nobody"),
)
def certainty_signed(context: AuditContext) -> Judgements:
    """Judge whether every judgement is signed."""
    for row in context.rows(_TABLE):
        empty = [name for name in ("reason", "by", "date") if not row[name]]
        if not empty:
            yield None
            continue
        message = f"no {' and no '.join(empty)}"
        yield Fault(_TABLE, row, empty[0], message, "a reason, a name and a day")
