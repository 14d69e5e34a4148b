# One figure over all questions.


rule overview:
    input:
        results=all_pooled,
        code=code("figures", "formatting.py"),
    output:
        report(
            OVERVIEW,
            caption="../report/overview.rst",
            category="Overview",
        ),
    log:
        f"{LOGS}/overview.log",
    benchmark:
        f"{BENCHMARKS}/overview.tsv"
    conda:
        "../../environment.yml"
    params:
        folders=[f"{RESULTS}/questions/{question}" for question in QUESTIONS],
        figure=OVERVIEW[0],
    message:
        "Drawing the overview"
    shell:
        "trialpool step overview {params.folders} --output {params.figure} 2> {log}"
