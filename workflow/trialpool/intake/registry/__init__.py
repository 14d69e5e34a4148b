"""ClinicalTrials.gov: which arm a result group is, and what its outcome measures hold."""
