"""The printed edition: one typst document from the records that the site shows."""
