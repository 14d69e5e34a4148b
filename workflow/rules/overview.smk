# Figures over all questions.


rule overview:
    input:
        results=all_pooled,
    output:
        pages=[in_overview(path) for path in OVERVIEW],
    log:
        f"{LOGS}/overview.log",
    benchmark:
        f"{BENCHMARKS}/overview.tsv"
    conda:
        ENVIRONMENT
    params:
        code=code(
            *("figures", "records", "formatting.py", *ROOMS_FIGURES),
            *("evidence/__init__.py", "evidence/risk_of_bias.py"),
        ),
        folders=FOLDERS,
    message:
        "Drawing the overview"
    shell:
        "trialpool step overview {params.folders:q} --output {output.pages[0]:q} --code {params.code}"
        " 2> {log:q}"
