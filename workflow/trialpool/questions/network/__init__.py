"""What all treatments of a setting do against each other: networks of trials."""
