"""Rules that reading the files already checks: named here for the table of rules.

Their findings come from `trialpool.evidence` (raw tables) and `trialpool.settings`
(configuration), because later rules need tables that can be read.
"""

from __future__ import annotations

from typing import Final

from trialpool.audit.rule import Rule
from trialpool.evidence.columns import KIND_RULES

_CSV: Final = "RFC 4180 (CSV); docs/reference/data-dictionary.md"
_SCHEMA: Final = "docs/reference/data-dictionary.md"
_YAML: Final = "YAML 1.2; trialpool settings"
_KEYS: Final = "referential integrity: a name means something only where it is defined"


def _fatal(id_: str, statement: str, reference: str) -> Rule:
    return Rule(id_, statement, ("fatal",), reference)


FORM_RULES: Final[tuple[Rule, ...]] = (
    _fatal("file-exists", "A file that the configuration names is there.", _SCHEMA),
    _fatal("file-readable", "A file can be read.", _SCHEMA),
    _fatal("file-not-empty", "A table has at least its header row.", _CSV),
    _fatal("text-file", "A table is text, not binary.", _CSV),
    _fatal("utf-8", "A table is UTF-8 text.", _CSV),
    _fatal("csv", "A table is well-formed CSV.", _CSV),
    _fatal("row-length", "A row has as many fields as the header.", _CSV),
    _fatal("column-exists", "A table has all its columns.", _SCHEMA),
    _fatal("column-once", "A column stands once in the header.", _SCHEMA),
    *(
        _fatal(f"cell-is-{kind}", f"A cell holds {words}.", _SCHEMA)
        for kind, words in KIND_RULES.items()
        if kind != "text"
    ),
    _fatal("cell-is-choice", "A cell holds one of the words that its column allows.", _SCHEMA),
    _fatal("key-once", "A key stands once in its table.", _KEYS),
    _fatal("trial-known", "A trial that a row names is in trials.csv.", _KEYS),
    _fatal("arm-known", "An arm that a row names is in arms.csv.", _KEYS),
    _fatal("source-known", "A source that a row names is in sources.csv.", _KEYS),
    _fatal("yaml", "A settings file is valid YAML.", _YAML),
    _fatal("yaml-mapping", "A settings file holds 'key: value' pairs.", _YAML),
    _fatal("yaml-key-once", "A key stands once in its block of settings.", _YAML),
    _fatal("yaml-key-text", "A key is text of one line that YAML takes for nothing else.", _YAML),
    _fatal("yaml-plain", "A setting is text, a number, true, false, a list or a block.", _YAML),
    _fatal("yaml-finite", "A number in a settings file is finite.", _YAML),
    _fatal("yaml-unseen", "Settings hold no character that nobody sees.", _YAML),
    _fatal("yaml-circle", "No block of settings holds itself.", _YAML),
    _fatal("yaml-size", "Anchors make no file of settings endless.", _YAML),
    _fatal("path-usable", "A path can be one on every system; results lie apart.", _YAML),
    _fatal("config-*", "Settings are those, and of the kind, that the schemas allow.", _YAML),
)
