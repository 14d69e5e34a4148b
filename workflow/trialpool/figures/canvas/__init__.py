"""What every drawing stands on: axes, places in points, the style, the file formats."""
