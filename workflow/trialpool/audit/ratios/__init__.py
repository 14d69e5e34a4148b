"""Rules on ratios: their intervals, p-values, medians, and the ladder to a standard error."""
