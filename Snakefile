# trialpool: from the raw trial tables to figures and a report.
#
#   data/raw, config -> effects -> audit -> gate -> select -> pool -> figures, chapters, comparisons, verification -> report -> publish
#
# `make report` runs it. Which review it builds is said by one file:
#   snakemake --config config_file=path/to/config.yaml


include: "workflow/rules/common.smk"


rule all:
    input:
        ALL,
    message:
        "All is built"


include: "workflow/rules/steps.smk"
