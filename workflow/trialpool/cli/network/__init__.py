"""Parts of `trialpool network` on the command line."""
