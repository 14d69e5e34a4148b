"""A review built by a Slurm of one node has the bytes of a local build, and leaves nothing running.

    sudo .venv/bin/python tests/cluster/slurm.py [--example bcg]

Needs Debian's slurmctld, slurmd, slurm-client and munge, and root: munge, controller and node run
in name spaces of their own (mounts and processes), so that the machine's /etc/slurm stays as it is.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from trialpool.cli.builds.guarding import LISTED
from trialpool.files import checksums
from trialpool.reviews.scaffold import scaffold

TOOLS = (
    "unshare",
    "mount",
    "munged",
    "slurmctld",
    "slurmd",
    "sinfo",
    "squeue",
    "srun",
    "sbatch",
    "scancel",
)
INSIDE = "TRIALPOOL_TEST_SLURM"
MAY_DIFFER = ("logs", "benchmarks", "staging")
BUILD = [sys.executable, "-m", "trialpool.cli.main", "build"]
# The node is fast and near: what the profile waits for on a large cluster is not waited for.
SLURM = (
    "--profile trialpool/slurm --jobs 4 --slurm-no-account"
    " --slurm-init-seconds-before-status-checks 1 --seconds-between-status-checks 1"
)
CONFIGURATION = """
ClusterName=test
SlurmctldHost=localhost
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.sock
CredType=cred/munge
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerType=sched/backfill
SchedulerParameters=sched_min_interval=100000,batch_sched_delay=0
MpiDefault=none
ReturnToService=2
MinJobAge=3600
KillWait=5
NodeName=localhost NodeHostname=localhost CPUs={cores} RealMemory=8000 State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=120 State=UP
"""


def main() -> None:
    """Start over in name spaces of its own; there, build and compare."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--example", default="bcg")
    given = options.parse_args()
    if missing := [tool for tool in TOOLS if shutil.which(tool) is None]:
        sys.exit(
            f"missing: {', '.join(missing)}. As root:"
            " apt-get install slurmctld slurmd slurm-client munge util-linux"
        )
    if os.geteuid() != 0:
        sys.exit("Only root may start Slurm in name spaces of its own.")
    if INSIDE not in os.environ:
        own = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
        os.environ[INSIDE] = "1"
        os.execvp(own[0], [*own, sys.executable, __file__, "--example", given.example])
    # The first process of a name space is deaf to signals that it does not handle.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by SIGTERM"))
    folder = Path(tempfile.mkdtemp(prefix="slurm-"))
    folder.chmod(0o755)  # munge asks for it
    try:
        test(folder, given.example)
    finally:
        shutil.rmtree(folder)


def test(folder: Path, example: str) -> None:
    """Build here and by Slurm; compare; let a job fail."""
    here, there = folder / "here", folder / "there"
    scaffold(here, example)
    scaffold(there, example)
    expected = results(here, [*BUILD, str(here), "--cores", "2"])
    with slurm(folder / "slurm"):
        begun = time.monotonic()
        command = [*BUILD, str(there), "--cores", "2", "--snakemake-args", SLURM]
        found = results(there, command)
        ended = run(["squeue", "--noheader", "--states", "all", "--format", "%T"]).split()
        assert len(ended) > 10, ended
        assert set(ended) == {"COMPLETED"}, ended
        print(f"{len(ended)} jobs of Slurm, {time.monotonic() - begun:.0f} s")
        assert found == expected, sorted(found.items() ^ expected.items())
        # Jobs on a node know where to note what they write, and what was made before.
        assert noted(there) == noted(here)
        assert any((there / ".trialpool-cache").iterdir())
        fails(there, command)
    left = processes() - {os.getpid()}
    assert not left, [Path(f"/proc/{one}/cmdline").read_bytes() for one in left]
    print(f"{len(found)} files with the same bytes; nothing is left running")


def fails(review: Path, command: list[str]) -> None:
    """Cancel a job: the build says so at its end, and what was published stays."""
    before = digests(review / "results")
    again = [*command[:-1], f"{command[-1]} --forcerun effects"]
    with subprocess.Popen(again, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as build:
        wait(lambda: bool(running()), review)
        run(["scancel", *running()])
        said = build.communicate(timeout=300)[1].decode().splitlines()
    assert build.returncode == 1
    assert any(
        line.startswith("effects: SLURM-job") and "CANCELLED" in line for line in said[-3:]
    ), said
    assert digests(review / "results") == before
    assert not running()


def running() -> list[str]:
    """Return the jobs that Slurm has not ended."""
    return run(["squeue", "--noheader", "--format", "%A"]).split()


def results(review: Path, command: list[str]) -> Mapping[str, str]:
    """Build, and return what is published."""
    run(command)
    return digests(review / "results")


def noted(review: Path) -> Mapping[str, str]:
    """Return the digest of each file as the step that wrote it noted it."""
    results = review / "results"
    found = checksums(results / LISTED)
    return {str(path.relative_to(results)): digest for path, digest in found.items()}


def digests(folder: Path) -> Mapping[str, str]:
    """Return the digest of every published file."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.relative_to(folder).parts[0] not in MAY_DIFFER
    }


def run(command: list[str]) -> str:
    """Run a command; what it said is shown if it fails."""
    done = subprocess.run(
        command,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=900,
    )
    if done.returncode:
        sys.exit(f"{' '.join(command)}: exit {done.returncode}\n{done.stdout}")
    return done.stdout


@contextmanager
def slurm(folder: Path) -> Iterator[None]:
    """Run munge, a controller and a node, and stop them."""
    for name in ("etc", "state", "spool"):
        (folder / name).mkdir(parents=True)
    text = CONFIGURATION.format(folder=folder, ports=free_ports(2), cores=os.cpu_count())
    (folder / "etc/slurm.conf").write_text(text, encoding="utf-8")
    # The plugin takes SLURM_CONF away from its jobs: the file has to lie where Slurm looks for it.
    run(["mount", "--bind", str(folder / "etc"), "/etc/slurm"])
    key = folder / "munge.key"
    key.write_bytes(os.urandom(128))
    key.chmod(0o400)
    names = {
        option: f"--{option}={folder}/munge.{ending}"
        for option, ending in (
            *(("socket", "sock"), ("key-file", "key"), ("pid-file", "pid")),
            *(("log-file", "log"), ("seed-file", "seed")),
        )
    }
    daemons = []
    try:
        for command in (
            ["munged", "--foreground", *names.values()],
            ["slurmctld", "-D"],
            ["slurmd", "-D", "-N", "localhost"],
        ):
            with (folder / "said.txt").open("ab") as said:
                daemons.append(subprocess.Popen(command, stdout=said, stderr=said))
            wait((folder / "munge.sock").exists, folder)
        wait(lambda: states() == "idle", folder)
        yield
    finally:
        for daemon in reversed(daemons):
            daemon.send_signal(signal.SIGTERM)
            daemon.wait(timeout=30)


def states() -> str:
    """Return the state of the node; nothing while no controller answers."""
    command = ["sinfo", "--noheader", "--format", "%T"]
    return subprocess.run(command, check=False, capture_output=True, text=True).stdout.strip()


def wait(is_so: Callable[[], bool], folder: Path) -> None:
    """Wait until something holds; where it never does, show what munge and Slurm said."""
    end = time.monotonic() + 60
    while not is_so():
        if time.monotonic() > end:
            said = [
                path.read_text(errors="replace")
                for path in (folder / "said.txt", *sorted(folder.glob("*.log")))
            ]
            sys.exit("\n".join(["Waited a minute in vain.", *said]))
        time.sleep(0.2)


def free_ports(number: int) -> list[int]:
    """Return ports that nobody uses now."""
    sockets = [socket.create_server(("localhost", 0)) for _ in range(number)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def processes() -> set[int]:
    """Return all processes of this name space, but those that have ended."""
    return {
        int(path.name)
        for path in Path("/proc").glob("[0-9]*")
        if "State:\tZ" not in (path / "status").read_text()
    }


if __name__ == "__main__":
    main()
