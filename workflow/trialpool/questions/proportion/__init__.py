"""Proportions: what share of a single arm responds."""
