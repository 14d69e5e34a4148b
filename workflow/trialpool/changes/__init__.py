"""What moved between two builds, and between a build and the approved baseline."""
