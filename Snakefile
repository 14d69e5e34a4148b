# trialpool: from the raw trial tables to figures and a report.
#
#   data/raw, config -> effects -> audit -> gate -> select -> pool -> figures, chapters, comparisons, verification -> report
#
# `make report` runs it. Which review it builds is said by one file:
#   snakemake --config config_file=path/to/config.yaml


include: "workflow/rules/common.smk"


rule all:
    input:
        f"{RESULTS}/report/index.html",
        OVERVIEW,
        f"{RESULTS}/effects.csv",
        f"{RESULTS}/curves.csv",
        f"{RESULTS}/chapters.json",
        f"{RESULTS}/comparisons.json",
        f"{RESULTS}/summaries.json",
        f"{RESULTS}/audit.csv",
        f"{RESULTS}/verification.csv",
        [product(q, name) for q in QUESTIONS for name in (*PRODUCTS, *drawn(q))],


include: "workflow/rules/evidence.smk"
include: "workflow/rules/synthesis.smk"
include: "workflow/rules/verification.smk"
include: "workflow/rules/overview.smk"
include: "workflow/rules/chapters.smk"
include: "workflow/rules/comparisons.smk"
include: "workflow/rules/report.smk"
