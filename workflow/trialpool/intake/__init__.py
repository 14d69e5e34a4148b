"""Taking evidence in: scaffolds, checks of new rows, importers of registries and other programs."""
