"""Surrogacy: whether effects on an early endpoint foretell those on a final one, between trials."""
