"""One effect per trial, independent of each other: inverse-variance pooling."""
