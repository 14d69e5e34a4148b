"""What can be chosen about a forest plot: presets, columns, names, order."""
