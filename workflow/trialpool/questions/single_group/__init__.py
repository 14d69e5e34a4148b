"""One estimate per study of means, rates or correlations: nothing is compared."""
