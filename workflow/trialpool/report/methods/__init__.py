"""The methods text, written from the settings that the results were made with."""

from trialpool.report.methods.write import Methods, write_methods

__all__ = ["Methods", "write_methods"]
