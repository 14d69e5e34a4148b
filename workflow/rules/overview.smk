# One figure over all questions.


rule overview:
    input:
        results=all_pooled,
    output:
        figure=report(
            OVERVIEW[0],
            caption="../report/overview.rst",
            category="Overview",
            labels={"of": "all questions", "as": "figure"},
        ),
        table=report(
            OVERVIEW[2],
            caption="../report/overview.rst",
            category="Overview",
            labels={"of": "all questions", "as": "table"},
        ),
        print=OVERVIEW[1],
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
        "trialpool step overview {params.folders:q} --output {output.figure:q} 2> {log:q}"
