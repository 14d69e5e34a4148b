# Workbook and document, which the site takes in.


rule exports:
    input:
        results=exported,
        summaries=f"{BUILT}/summaries.json",
        verification=f"{BUILT}/verification.csv",
        settings=CONFIG_FILE,
        config=existing([CONFIG_FILES[1]]),
        code=code(
            *("report", "records", "evidence", "pooling", "formatting.py"),
            "cli/builds/edition_steps.py",
            *("questions/__init__.py", "questions/registry.py", "questions/shared"),
            *("questions/*/__init__.py", "questions/*/page.*", "questions/*/words.py"),
            "questions/*/table.py",
        ),
    output:
        EXPORTS,
    log:
        f"{LOGS}/exports.log",
    benchmark:
        f"{BENCHMARKS}/exports.tsv"
    conda:
        "../../environment.yml"
    params:
        folders=FOLDERS,
        folder=subpath(output[0], parent=True),
        contents=digest([CONFIG_FILE]),
    message:
        "Writing workbook and document"
    shell:
        "trialpool step exports {params.folders} --config {input.settings}"
        " --summaries {input.summaries} --verification {input.verification}"
        " --output {params.folder} 2> {log} || {{ cat {log} >&2; exit 1; }}"
