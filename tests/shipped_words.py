"""Endpoints of the shipped review, and how it words them, for tests whose tables use its codes."""

from pathlib import Path

from trialpool.intake.endpoints import wording_of
from trialpool.settings import load_settings

SETTINGS = load_settings(Path(__file__).resolve().parents[1] / "config" / "config.yaml")[0]
ENDPOINTS = SETTINGS.endpoints
WORDING = wording_of(SETTINGS)
