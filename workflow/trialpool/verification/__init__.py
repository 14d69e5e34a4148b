"""Pools computed a second time by statsmodels, which the package imports nowhere else."""
