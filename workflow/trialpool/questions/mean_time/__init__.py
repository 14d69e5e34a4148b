"""Restricted mean survival time, and how effects run over time."""
