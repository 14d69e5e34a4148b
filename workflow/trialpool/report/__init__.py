"""The report: conclusions in words, methods text and the HTML page."""

from trialpool.report.page import build_report

__all__ = ["build_report"]
