"""Kinds of question: a folder each, with its part of the settings (`settings.yaml`)."""
