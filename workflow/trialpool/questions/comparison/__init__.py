"""Treatments compared: hazard, odds and risk ratios, and risk differences."""
