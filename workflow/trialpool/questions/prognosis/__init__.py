"""Prognosis: outcome by level of a marker under the same treatment."""
