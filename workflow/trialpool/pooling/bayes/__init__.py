"""Bayesian random effects: the normal-normal hierarchical model by quadrature."""
