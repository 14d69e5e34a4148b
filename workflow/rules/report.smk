# The page that a reader opens.


rule report:
    input:
        results=reported,
        overview=OVERVIEW[0],
        chapters=f"{RESULTS}/chapters.json",
        not_asked=f"{RESULTS}/not_asked.json",
        findings=f"{RESULTS}/audit.csv",
        rules=f"{RESULTS}/staging/audit_rules.csv",
        effects=derived,
        curves=f"{RESULTS}/curves.csv",
        verification=f"{RESULTS}/verification.csv",
        raw=raw_files(),
        settings=CONFIG_FILE,
        code=code(
            *(
                "questions/__init__.py",
                "questions/registry.py",
                "questions/*/__init__.py",
            ),
            *("questions/*/page.*", "questions/*/page_*.py"),
            *("questions/*/words.py", "questions/shared/words"),
            *(
                "report",
                "records",
                "provenance",
                "pooling",
                "effects",
                "survival",
                "evidence",
                "formatting.py",
            ),
            *("figures/__init__.py", "figures/text/__init__.py"),
            *("figures/text/faces.py", "figures/text/subsets.py"),
        ),
    output:
        f"{RESULTS}/report/index.html",
    log:
        f"{LOGS}/report.log",
    benchmark:
        f"{BENCHMARKS}/report.tsv"
    conda:
        "../../environment.yml"
    params:
        folders=[f"{RESULTS}/questions/{question}" for question in QUESTIONS],
        contents=read_by(),
    message:
        "Writing the report"
    shell:
        "trialpool step report {params.folders} --config {input.settings}"
        " --findings {input.findings} --rules {input.rules} --chapters {input.chapters}"
        " --not-asked {input.not_asked}"
        " --effects {input.effects} --overview {input.overview}"
        " --curves {input.curves} --verification {input.verification}"
        " --output {output} 2> {log}"
