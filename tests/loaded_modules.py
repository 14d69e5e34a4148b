"""What code loads: every job pays for its imports."""

import json
import subprocess
import sys

HEAVY = {"pandas", "matplotlib", "scipy.stats", "statsmodels", "lifelines", "snakemake"}


def loaded_by(code: str) -> set[str]:
    """Modules in sys.modules after running code in a fresh interpreter."""
    script = f"import json, sys\n{code}\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    )
    return set(json.loads(done.stdout.splitlines()[-1]))
