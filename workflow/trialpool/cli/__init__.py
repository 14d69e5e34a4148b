"""Thin commands: what a rule of the pipeline runs, a person can run."""
