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
    output:
        PRINTED,
    log:
        f"{LOGS}/printed.log",
    benchmark:
        f"{BENCHMARKS}/printed.tsv"
    conda:
        "../../environment.yml"
    params:
        folders=FOLDERS,
        contents=read_by(*ABOUT),
    message:
        "Setting the report in print"
    shell:
        "trialpool step printed {params.folders} --config {input.settings}"
        " --findings {input.findings} --rules {input.rules} --effects {input.effects}"
        " --comparisons {input.comparisons} --summaries {input.summaries}"
        " --curves {input.curves} --verification {input.verification}"
        " --output {output} 2> {log} || {{ cat {log} >&2; exit 1; }}"
