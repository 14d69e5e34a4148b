"""Simulation of few trials with the errors of this review, and priors of tau on its groups."""
