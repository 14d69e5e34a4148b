# What of trialpool itself rules rest on: files of the package, schemas, the lock file.

import platform
from functools import cache


@cache
def code_part(part):
    """Files of a part of the package: most rules have parts in common."""
    places = list(PACKAGE.glob(part))
    if not places:
        raise WorkflowError(f"code({part!r}): the package has no such file or folder")
    files = []
    for place in places:
        files += place.rglob("*") if place.is_dir() else [place]
    return [f for f in files if "__pycache__" not in f.parts and f.is_file()]


@cache
def content(path):
    """Digest of one file of trialpool itself, which does not change while it runs."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


# Other versions of libraries may give other numbers.
LIBRARIES = content(LOCK) if LOCK else installed_versions()
# Digest -> the files that it is of: what the tests compare with what each command loads.
CODE_FILES = {}


def digest_of_own(files, *further):
    """Digest of these files of trialpool, by their names and contents, and of further text."""
    lines = [f"{os.path.relpath(file, PACKAGE)} {content(file)}" for file in files]
    return hashlib.sha256("\n".join([*further, *lines]).encode()).hexdigest()


@cache
def code(*parts):
    """Digest of what a command consists of: files of the package, Python and the libraries.

    Snakemake does not see imported modules: as a parameter, whatever changes in one of them runs
    the command again, and what it made is kept in the cache by the same digest. As inputs they would
    be looked up for every job. A part is a folder of the package or a single module; "*" stands
    for any name, so that one part can be a stage of several folders.
    """
    always = (
        *("__init__.py", "cache.py", "files.py", "findings.py", "settings", "measures"),
        *("cli/__init__.py", "cli/*/__init__.py", "cli/main.py", "cli/options.py"),
        "cli/builds/pipeline.py",
        *("cli/*/*_commands.py", "cli/*/*_options.py", "cli/*/*_kinds.py"),
    )
    files = sorted({file for part in (*always, *parts) for file in code_part(part)})
    found = digest_of_own(files, platform.python_version(), LIBRARIES)
    CODE_FILES[found] = files
    return found


@cache
def schemas():
    """Digest of the schemas of the configuration, with what each kind of question adds."""
    files = [
        *place("workflow/schemas").glob("*.yaml"),
        *PACKAGE.glob("questions/*/settings.yaml"),
    ]
    return digest_of_own(sorted(files))
