"""Plots of a network meta-analysis."""
