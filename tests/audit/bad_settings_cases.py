"""Settings that YAML reads as something else, or that no build can use, and the finding of each."""

from bad_input_cases import Case, append, replace

CASES = [
    *(
        Case(
            name, replace("config/config.yaml", old, new), rule, "config.yaml", line, column, value
        )
        for name, old, new, rule, line, column, value in (
            (
                "level that is no number",
                "level: 0.95",
                "level: .nan",
                "yaml-finite",
                14,
                "pooling.level",
                ".nan",
            ),
            *(
                (name, old, new, "pool-setting", line, f"pooling.{column}.HR", value)
                for name, old, new, line, column, value in (
                    (
                        "prior that nobody knows",
                        "bartos2023-hr",
                        "bartos2032",
                        15,
                        "tau_priors",
                        "bartos2032",
                    ),
                    ("ratio below none", "{HR: 0.80}", "{HR: 0}", 16, "important", "0"),
                    (
                        "band that turns round",
                        "[0.90, 1.11]",
                        "[1.11, 0.9]",
                        17,
                        "null_band",
                        "[1.11, 0.9]",
                    ),
                )
            ),
            (
                "limit without end",
                "[0.90, 1.11]",
                "[0.90, .inf]",
                "yaml-finite",
                17,
                "pooling.null_band.HR.1",
                ".inf",
            ),
            (
                "title that is a truth",
                "title: SGLT2 inhibitors in heart failure",
                "title: no",
                "config-type",
                19,
                "report.title",
                "False",
            ),
            (
                "unseen mark of byte order",
                "raw: data/raw",
                'raw: "\\ufeffdata/raw"',
                "yaml-unseen",
                3,
                "paths.raw",
                "\ufeffdata/raw",
            ),
            (
                "tag of another language",
                "level: 0.95",
                "level: !!python/name:x 1",
                "yaml-plain",
                14,
                "pooling.level",
                "1",
            ),
            (
                "results with a wildcard",
                "results: results",
                "results: 'r{x}'",
                "path-usable",
                6,
                "paths.results",
                "r{x}",
            ),
            (
                "results over the data",
                "results: results",
                "results: data",
                "path-usable",
                6,
                "paths.results",
                "data",
            ),
            (
                "results over the review",
                "results: results",
                "results: .",
                "path-usable",
                6,
                "paths.results",
                ".",
            ),
            (
                "name beyond all systems",
                "results: results",
                f"results: {'x' * 200}",
                "path-usable",
                6,
                "paths.results",
                "x" * 200,
            ),
        )
    ),
    *(
        Case(
            name,
            replace("config/questions.yaml", "worsening:", f"{key}:"),
            rule,
            "questions.yaml",
            line,
            column,
            "",
        )
        for name, key, rule, line, column in (
            ("id that is a truth", "no", "yaml-key-text", 1, "no"),
            ("id that is a date", "2020-01-01", "yaml-key-text", 1, "2020-01-01"),
            ("id that is a number of base eight", "010", "yaml-key-text", 1, "010"),
            ("id that is a block", "? [a, b]\n", "yaml-key-text", 1, ""),
        )
    ),
    *(
        Case(
            name,
            replace("config/questions.yaml", "worsening:", f"{key}:"),
            rule,
            "questions.yaml",
            1,
            key.strip("'"),
            key.strip("'"),
        )
        for name, key, rule in (
            ("id of a Windows device", "con", "config-not"),
            ("id for a shell", "$(id)", "config-pattern"),
            ("id of another folder", "a/b", "config-pattern"),
            ("id in capitals", "Worsening", "config-pattern"),
            ("id beyond all systems", "x" * 120, "config-maxLength"),
        )
    ),
    Case(
        "anchors without end",
        append(
            "config/taxonomy.yaml",
            "a0: &a0 [x]\n"
            + "\n".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)),
        ),
        "yaml-size",
        "taxonomy.yaml",
        1,
        "",
        "",
    ),
    Case(
        "block in itself",
        append("config/taxonomy.yaml", "a: &a {b: *a}"),
        "yaml-circle",
        "taxonomy.yaml",
        18,
        "",
        "",
    ),
    Case(
        "blocks too deep",
        append("config/taxonomy.yaml", "a: " + "[" * 50_000),
        "yaml",
        "taxonomy.yaml",
        18,
        "",
        "",
    ),
]
