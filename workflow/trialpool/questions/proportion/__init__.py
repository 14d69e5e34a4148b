"""Proportions of single arms, which compare nothing."""
