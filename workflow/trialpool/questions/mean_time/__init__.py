"""Mean times: restricted mean survival time gained, from reconstructed curves."""
