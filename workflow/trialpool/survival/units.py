"""Units of time in months."""

from __future__ import annotations

from typing import Final

MONTHS: Final = {"days": 12.0 / 365.25, "weeks": 84.0 / 365.25, "months": 1.0, "years": 12.0}
