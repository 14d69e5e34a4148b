"""Comparisons: what one treatment does against another."""
