"""Chapters: what the results and the raw rows say to each chapter of the review's framework."""
