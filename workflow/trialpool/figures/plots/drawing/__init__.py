"""What every plot is laid out and painted with."""
