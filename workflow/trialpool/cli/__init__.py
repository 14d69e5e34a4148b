"""Thin commands: what a rule of the pipeline runs, a person can run."""

import os

# Numbers must not depend on how many threads a machine has: libraries read this when they load.
os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")
