"""Records of what moved between two builds."""
