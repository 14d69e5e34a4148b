# The report as one PDF to print and to keep.


rule printed:
    input:
        results=all_pooled,
        comparisons=f"{BUILT}/comparisons.json",
        summaries=f"{BUILT}/summaries.json",
        findings=f"{RESULTS}/audit.csv",
        rules=f"{STAGING}/audit_rules.csv",
        effects=derived,
        curves=f"{BUILT}/curves.csv",
        verification=f"{BUILT}/verification.csv",
        raw=raw_files(),
        settings=CONFIG_FILE,
        config=existing(ABOUT),
    output:
        report(
            PRINTED,
            caption="../report/printed.rst",
            category="Editions",
            labels={"edition": "to print"},
        ),
    log:
        f"{LOGS}/printed.log",
    benchmark:
        f"{BENCHMARKS}/printed.tsv"
    conda:
        ENVIRONMENT
    params:
        code=code(
            *("questions/*/page.*", "questions/*/words.py", "questions/shared/words"),
            *(
                "cli/builds/reporting.py",
                "report",
                "figures",
                "records",
                "provenance",
                "pooling",
                "effects",
                "survival",
                "evidence",
                "formatting.py",
            ),
            *ROOMS_FIGURES,
        ),
        folders=FOLDERS,
        contents=read_by(*ABOUT),
    message:
        "Setting the report in print"
    shell:
        "trialpool step printed {params.folders:q} --config {input.settings:q}"
        " --findings {input.findings:q} --rules {input.rules:q} --effects {input.effects:q}"
        " --comparisons {input.comparisons:q} --summaries {input.summaries:q}"
        " --curves {input.curves:q} --verification {input.verification:q}"
        " --output {output:q} --code {params.code} 2> {log:q} || {{ cat {log:q} >&2; exit 1; }}"
