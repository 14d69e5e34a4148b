"""Rules on published and reconstructed survival curves."""
