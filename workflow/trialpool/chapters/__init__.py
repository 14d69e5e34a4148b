"""Chapters: what the results and the raw rows say to each mechanism of resistance."""
