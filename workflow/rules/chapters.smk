# What results and raw rows say to each chapter of the review's framework.


rule chapters:
    input:
        results=all_pooled,
        effects=derived,
        raw=raw_files(),
        settings=CONFIG_FILE,
        config=existing(CONFIG_FILES[1:]),
    output:
        chapters=f"{BUILT}/chapters.json",
        not_asked=f"{BUILT}/not_asked.json",
    log:
        f"{LOGS}/chapters.log",
    benchmark:
        f"{BENCHMARKS}/chapters.tsv"
    conda:
        ENVIRONMENT
    params:
        code=code(
            *("chapters", "questions", "records", "effects", "pooling", "sensitivity"),
            *("survival", "evidence", "formatting.py"),
        ),
        folders=FOLDERS,
        contents=read_by(),
    message:
        "Collecting what each chapter of the report has"
    shell:
        "trialpool step chapters {params.folders:q} --config {input.settings:q}"
        " --effects {input.effects:q} --output {output.chapters:q}"
        " --not-asked {output.not_asked:q} 2> {log:q}"
