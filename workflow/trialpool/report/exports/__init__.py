"""Editions beside the pages: tables as text, workbook and document, archives with fixed times."""
