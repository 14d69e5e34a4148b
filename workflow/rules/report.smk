# The pages that a reader opens.


rule report:
    input:
        results=reported,
        overview=OVERVIEW,
        comparisons=f"{BUILT}/comparisons.json",
        summaries=f"{BUILT}/summaries.json",
        chapters=f"{BUILT}/chapters.json",
        not_asked=f"{BUILT}/not_asked.json",
        findings=f"{RESULTS}/audit.csv",
        rules=f"{STAGING}/audit_rules.csv",
        effects=derived,
        curves=f"{BUILT}/curves.csv",
        verification=f"{BUILT}/verification.csv",
        raw=raw_files(),
        settings=CONFIG_FILE,
        config=existing(ABOUT),
        code=code(
            *(
                "questions/__init__.py",
                "questions/registry.py",
                "questions/*/__init__.py",
            ),
            *("questions/*/page.*", "questions/*/words.py", "questions/shared/words"),
            *(
                "cli/builds/reporting.py",
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
            *("figures/canvas/__init__.py", "figures/canvas/axis.py"),
        ),
    output:
        directory(SITE),
    log:
        f"{LOGS}/report.log",
    benchmark:
        f"{BENCHMARKS}/report.tsv"
    conda:
        "../../environment.yml"
    params:
        folders=FOLDERS,
        contents=read_by(*ABOUT),
    message:
        "Writing the report"
    shell:
        "trialpool step report {params.folders} --config {input.settings}"
        " --findings {input.findings} --rules {input.rules} --chapters {input.chapters}"
        " --not-asked {input.not_asked}"
        " --effects {input.effects} --overview {input.overview[0]}"
        " --comparisons {input.comparisons} --summaries {input.summaries}"
        " --curves {input.curves} --verification {input.verification}"
        " --output {output} 2> {log}"
