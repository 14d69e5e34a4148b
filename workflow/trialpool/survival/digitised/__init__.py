"""Points of curves and numbers at risk, out of the files of digitisers and of figures."""
