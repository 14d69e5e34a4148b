"""The report: a folder of pages from the records of a build."""
