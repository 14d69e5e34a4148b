# The pages that a reader opens.


rule report:
    input:
        results=reported,
        overview=OVERVIEW,
        comparisons=f"{BUILT}/comparisons.json",
        summaries=f"{BUILT}/summaries.json",
        changes=f"{BUILT}/changes.json",
        chapters=f"{BUILT}/chapters.json",
        not_asked=f"{BUILT}/not_asked.json",
        findings=f"{RESULTS}/audit.csv",
        rules=f"{STAGING}/audit_rules.csv",
        effects=derived,
        curves=f"{BUILT}/curves.csv",
        verification=f"{BUILT}/verification.csv",
        editions=EDITIONS,
        raw=raw_files(),
        settings=CONFIG_FILE,
        config=existing(ABOUT),
    output:
        directory(SITE),
    log:
        f"{LOGS}/report.log",
    benchmark:
        f"{BENCHMARKS}/report.tsv"
    conda:
        ENVIRONMENT
    params:
        code=code(
            *(
                "questions/__init__.py",
                "questions/registry.py",
                "questions/*/__init__.py",
            ),
            *("questions/*/page.*", "questions/*/page_*.py"),
            *("questions/*/words.py", "questions/shared/words"),
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
            *(
                f"figures/text/{part}.py"
                for part in (
                    "faces",
                    "fontfiles",
                    "fonttables",
                    "subsets",
                )
            ),
            *("figures/canvas/__init__.py", "figures/canvas/axis.py"),
        ),
        folders=FOLDERS,
        editions=[f"--edition {quote(here(path))}" for path in EDITIONS],
        contents=read_by(*ABOUT),
    message:
        "Writing the report"
    shell:
        "trialpool step report {params.folders:q} --config {input.settings:q}"
        " --findings {input.findings:q} --rules {input.rules:q} --chapters {input.chapters:q}"
        " --not-asked {input.not_asked:q}"
        " --effects {input.effects:q} --overview {input.overview[0]:q}"
        " --comparisons {input.comparisons:q} --summaries {input.summaries:q}"
        " --changes {input.changes:q} {params.editions}"
        " --curves {input.curves:q} --verification {input.verification:q}"
        " --output {output:q} --code {params.code} 2> {log:q}"
