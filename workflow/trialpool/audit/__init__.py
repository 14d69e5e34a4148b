"""Checks on the raw rows, on what was derived from them, and on the configuration."""
