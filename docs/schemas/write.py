"""Write the JSON Schemas of what a build writes beside this file."""

from __future__ import annotations

from pathlib import Path

from trialpool.files import write_json
from trialpool.records.files import schemas

if __name__ == "__main__":
    for name, schema in schemas().items():
        write_json(Path(__file__).with_name(f"{name}.json"), schema)
