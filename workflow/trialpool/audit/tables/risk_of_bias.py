"""Rules on risk_of_bias.csv: words, domains, and each result judged once."""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from trialpool.audit.context import AuditContext
from trialpool.audit.rule import Case, Fault, Judgements, rule
from trialpool.evidence.risk_of_bias import OVERALL, TABLE, Judged, read_rows
from trialpool.evidence.tables import LINE

_TOOLS: Final = (
    "Sterne 2019, BMJ 366:l4898 (RoB 2); Sterne 2016, BMJ 355:i4919 (ROBINS-I); "
    "Higgins 2011, BMJ 343:d5928"
)
_ROW: Final = {"trial_id": "a", "tool": "RoB 2"}


def _case(*rows: dict[str, str]) -> Case:
    return Case({TABLE: [{**_ROW, **row} for row in rows]})


def _read(context: AuditContext, what: str) -> Judgements:
    """Judge every cell that was read, by one of the two faults that it may have."""
    judged, misread = read_rows(context.rows(TABLE))
    for _ in judged:
        yield None
    for fault in misread:
        if fault.what == what:
            yield Fault(TABLE, fault.row, fault.column, fault.message, fault.allowed)


@rule(
    "judgement-known",
    "A judgement of risk of bias is a known word or symbol.",
    levels=("fatal",),
    reference=_TOOLS,
    remedy="Correct the spelling; leave the cell empty if nobody judged it.",
    tables=(TABLE,),
    holds=_case({"D1": "Low risk"}),
    fails=_case({"D1": "fine"}),
)
def judgement_known(context: AuditContext) -> Judgements:
    """Judge every cell with a judgement."""
    return _read(context, "judgement")


@rule(
    "domain-of-tool",
    "A judgement is of a domain that its tool has.",
    levels=("fatal",),
    reference=_TOOLS,
    remedy="Correct the domain or the tool; domains of a tool of your own have any name.",
    tables=(TABLE,),
    holds=_case({"domain": "missing outcome data", "judgement": "low"}),
    fails=_case({"domain": "confounding", "judgement": "low"}),
)
def domain_of_tool(context: AuditContext) -> Judgements:
    """Judge every cell with a judgement."""
    return _read(context, "domain")


@rule(
    "judged-once",
    "A domain of a result is judged once, and all domains of a result by one tool.",
    levels=("fatal",),
    reference="Cochrane Handbook 6.5, chapter 7 (risk of bias)",
    remedy="Keep the judgement that was agreed on.",
    tables=(TABLE,),
    holds=_case({"endpoint": "death", "overall": "low"}, {"endpoint": "stroke", "overall": "high"}),
    fails=_case({"endpoint": "death", "overall": "low"}, {"endpoint": "death", "overall": "high"}),
)
def judged_once(context: AuditContext) -> Judgements:
    """Judge every judgement against those before it."""
    first: dict[tuple[str, str, str], Judged] = {}
    tools: dict[tuple[str, str], set[str]] = defaultdict(set)
    for one in read_rows(context.rows(TABLE))[0]:
        earlier = first.setdefault((*one.result, one.domain), one)
        tools[one.result].add(one.tool)
        endpoint = f" for {one.result[1]}" if one.result[1] else ""
        column = one.domain if one.row.get(one.domain) else "judgement"
        if earlier is not one:
            name = "overall" if one.domain == OVERALL else one.domain
            message = f"{name}{endpoint} is judged twice: here {one.judgement}, " + (
                f"in line {earlier.row[LINE]} {earlier.judgement}"
            )
            yield Fault(TABLE, one.row, column, message, "one judgement")
        elif len(tools[one.result]) > 1:
            known = " and ".join(sorted(tools[one.result]))
            message = f"the result{endpoint} is judged by {known}"
            yield Fault(TABLE, one.row, "tool", message, "one tool for all of its domains")
        else:
            yield None
