"""Registry records for tests, as API v2 gives them: arms and outcomes in a few words."""

from __future__ import annotations


def record(arms, outcomes, nct="NCT90000009"):
    """A study of arms (label, type, interventions) with outcome measures."""
    groups = [
        {"label": label, "type": kind, "interventionNames": [f"DRUG: {name}" for name in names]}
        for label, kind, names in arms
    ]
    return {
        "protocolSection": {
            "identificationModule": {"nctId": nct, "briefTitle": "Sample"},
            "statusModule": {"overallStatus": "COMPLETED"},
            "designModule": {
                "designInfo": {"allocation": "RANDOMIZED", "maskingInfo": {"masking": "NONE"}},
                "enrollmentInfo": {"count": 200, "type": "ACTUAL"},
            },
            "armsInterventionsModule": {"armGroups": groups},
        },
        "resultsSection": {"outcomeMeasuresModule": {"outcomeMeasures": outcomes}},
    }


TWO = (("Drug X", "EXPERIMENTAL", ["drug x"]), ("Placebo", "PLACEBO_COMPARATOR", ["placebo"]))


def denoms(*counts):
    """Numbers of participants by group."""
    entries = [{"groupId": f"OG00{at}", "value": str(n)} for at, n in enumerate(counts)]
    return [{"units": "Participants", "counts": entries}]


def measurements(*cells):
    """A measurement per group: a value, or value and more keys."""
    found = []
    for at, cell in enumerate(cells):
        more = cell if isinstance(cell, dict) else {"value": cell}
        found.append({"groupId": f"OG00{at}", **more})
    return [{"categories": [{"measurements": found}]}]


def outcome(title, kind, unit, cells, n=(100, 100), *, groups=("Drug X", "Placebo"), **more):
    """An outcome measure with one row of values."""
    return {
        "title": title,
        "paramType": kind,
        "unitOfMeasure": unit,
        "timeFrame": "Week 12",
        "groups": [{"id": f"OG00{at}", "title": name} for at, name in enumerate(groups)],
        "denoms": denoms(*n),
        "classes": measurements(*cells),
        **more,
    }


def analysis(kind, value, lower="", upper="", **more):
    """A comparison of the first two groups."""
    return {
        "groupIds": ["OG000", "OG001"],
        "paramType": kind,
        "paramValue": value,
        "ciLowerLimit": lower,
        "ciUpperLimit": upper,
        "ciPctValue": "95",
        "ciNumSides": "TWO_SIDED",
        **more,
    }


def reasons(imported, place="outcome measure 1"):
    return [entry.reason for entry in imported.left_out if entry.place.startswith(place)]


def numbers(row, *names):
    return tuple(row[f"{name}_{side}"] for side in ("experimental", "control") for name in names)
