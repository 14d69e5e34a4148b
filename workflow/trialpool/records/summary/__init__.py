"""Summaries of findings, and what their certainty rests on."""
