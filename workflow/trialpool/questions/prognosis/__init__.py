"""Outcome by a marker under the same treatment."""
