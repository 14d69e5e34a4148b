# What of trialpool itself rules rest on: files of the package, schemas, the lock file.

from functools import cache


def own(path):
    """A path of trialpool itself, which no prefix must change."""
    return os.path.abspath(path) if PREFIX else os.path.relpath(path)


@cache
def code_part(part):
    """Files of a part of the package: most rules have parts in common."""
    places = list(Path(own(PACKAGE)).glob(part))
    if not places:
        raise WorkflowError(f"code({part!r}): the package has no such file or folder")
    files = []
    for place in places:
        files += place.rglob("*") if place.is_dir() else [place]
    return [str(f) for f in files if "__pycache__" not in f.parts and f.is_file()]


def code(*parts):
    """Files of the package that a rule's command imports, and the lock file of a checkout.

    Snakemake does not see imported modules: as inputs, a change of one of them
    runs the rule again. A part is a folder of the package or a single module; "*" stands
    for any name, so that one part can be a stage of several folders.
    """
    always = (
        *("__init__.py", "cache.py", "files.py", "findings.py", "settings", "measures"),
        *("cli/__init__.py", "cli/*/__init__.py", "cli/main.py", "cli/options.py"),
        "cli/builds/pipeline.py",
        *("cli/*/*_commands.py", "cli/*/*_options.py", "cli/*/*_kinds.py"),
    )
    files = {file for part in (*always, *parts) for file in code_part(part)}
    return sorted(files | ({own(LOCK)} if LOCK else set()))


@cache
def content(path):
    """Digest of one file of trialpool itself, which does not change while it runs."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def code_digest(wildcards, input):
    """What products are kept by in the cache, beside their input: code and libraries.

    Snakemake does not track a parameter that is made of inputs: these inputs run the rule again.
    """
    files = [f"{os.path.relpath(path, PACKAGE)} {content(path)}" for path in input.code]
    said = "\n".join([sys.version, VERSIONS, *files])
    return hashlib.sha256(said.encode()).hexdigest()


def schemas():
    """The schemas of the configuration, with what each kind of question adds."""
    files = [
        *place("workflow/schemas").glob("*.yaml"),
        *PACKAGE.glob("questions/*/settings.yaml"),
    ]
    return sorted(own(file) for file in files)
