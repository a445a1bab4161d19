"""`make bench`: every contestant on every problem, at the loosest tolerance that reaches each target."""

from __future__ import annotations

import importlib
import json
import math
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

from benchmarks import calls, commands, objective, paths
from benchmarks.datasets import DATASETS
from benchmarks.datasets.base import Problem, save
from benchmarks.solvers import SOLVERS

TARGETS = (1e-6, 1e-9)
ROUNDS, REPEATS, LIMIT = 3, 2, 15
# adelie binds whoever imports it, and all its children, to one processor
PROCESSORS = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
ENVIRONMENT = dict(os.environ)
BEHIND = 5  # times the best peer's time: who takes longer is timed in one round
WHOLE = {"calls": calls.table, "commands": commands.table, "paths": paths.table}


def main() -> None:
    """Print a table for every problem: time, ratio to the best peer, passes, share of the read bandwidth."""
    bandwidth = read_bandwidth()
    print(f"{processor()}, {os.cpu_count()} of them, which read {bandwidth / 1e9:.1f} GB/s together;", end=" ")
    print(f"Python {platform.python_version()}, NumPy {np.__version__}\n")
    for name in sys.argv[1:] or [*DATASETS, *WHOLE]:
        if name in WHOLE:
            print(WHOLE[name](), flush=True)
            continue
        problem = DATASETS[name]()
        print(f"### {problem.title}\n", flush=True)
        with tempfile.TemporaryDirectory() as folder:
            save(problem, Path(folder))
            best = objective.optimum(problem)
            seen: dict = {}
            for target in TARGETS:
                print(table(folder, problem, best, target, bandwidth, seen), flush=True)


def table(folder: str, problem: Problem, best: float, target: float, bandwidth: float, seen: dict) -> str:
    """One target: find the tolerances, then time all contestants in alternating rounds."""
    chosen, failed = {}, {}
    for solver in SOLVERS:
        found = loosest(folder, solver, problem, best, target, seen)
        if found != "takes no such problem":
            (failed if isinstance(found, str) else chosen)[solver] = found
    runs: dict[str, list[dict]] = {solver: [] for solver in chosen}
    still = dict(chosen)
    for _ in range(ROUNDS):
        for solver, tol in still.items():
            runs[solver].append(run(folder, solver, tol, REPEATS))
        median = {solver: statistics.median(t for r in told for t in r["times"]) for solver, told in runs.items()}
        peers = [t for solver, t in median.items() if solver != "oddsmith"]
        longest = BEHIND * min(peers, default=math.inf)
        still = {solver: tol for solver, tol in still.items() if median[solver] <= longest}
    head = (
        f"| to {target:g} | median s | first call s | best peer / it | passes | read bandwidth | MB beyond X "
        "| held-out log loss |\n|---|---|---|---|---|---|---|---|"
    )
    lines = [head]
    for solver in sorted(median, key=median.__getitem__):
        told = runs[solver]
        first = statistics.median(r["first"] for r in told)
        ratio = f"{min(peers) / median[solver]:.2f}" if peers else "-"
        passes, extra = told[0]["passes"], max(r["extra_mb"] for r in told)
        share = f"{100 * passes * problem.size / median[solver] / bandwidth:.0f} %" if solver == "oddsmith" else "-"
        lines.append(
            f"| {title(solver)}, tol {chosen[solver]} | {median[solver]:.4g} | {first:.3g} | {ratio} "
            f"| {passes if passes >= 0 else '-'} | {share} | {extra:.0f} | {told[0]['held_out']:.5f} |"
        )
    lines += [f"| {solver} | {reason} | | | | | | |" for solver, reason in failed.items()]
    return "\n".join(lines) + "\n"


def loosest(folder: str, solver: str, problem: Problem, best: float, target: float, seen: dict) -> float | str | None:
    """The loosest tolerance that reaches the target, or why there is none. What was found is kept in `seen`."""
    try:
        contestant = importlib.import_module(f"benchmarks.solvers.{solver}")
    except ImportError as error:
        return f"absent: {error}"
    if not contestant.takes(problem) or (problem.l1 and not getattr(contestant, "L1", False)):
        return "takes no such problem"
    for tol in contestant.TOLERANCES:
        if (solver, tol) not in seen:
            try:
                seen[solver, tol] = run(folder, solver, tol, 0)["value"]
            except subprocess.TimeoutExpired:
                seen[solver, tol] = f"not within {LIMIT} s"
            except subprocess.CalledProcessError as error:
                seen[solver, tol] = f"fails: {error.stderr.strip().splitlines()[-1][:80]}"
        value = seen[solver, tol]
        if isinstance(value, str):
            return value
        if (value - best) / best <= target:
            return tol
    return "does not reach it"


def run(folder: str, solver: str, tol: float | None, repeats: int) -> dict:
    """One fresh process."""
    command = [sys.executable, "-m", "benchmarks.worker", folder, solver, json.dumps(tol), str(repeats)]
    if PROCESSORS:
        os.sched_setaffinity(0, PROCESSORS)
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, timeout=LIMIT * (1 + repeats), env=ENVIRONMENT
    )
    return json.loads(done.stdout.splitlines()[-1])


def title(solver: str) -> str:
    """The library's own name."""
    return importlib.import_module(f"benchmarks.solvers.{solver}").NAME


def processor() -> str:
    """What the machine calls its processors."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.processor())


def read_bandwidth() -> float:
    """Bytes a second that all processors read together: the best of five readings of 512 MB."""
    count = os.cpu_count() or 1
    parts = [np.ones((1 << 26) // count) for _ in range(count)]
    best = float("inf")
    for _ in range(5):
        threads = [threading.Thread(target=part.max) for part in parts]
        began = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        best = min(best, time.perf_counter() - began)
    return sum(part.nbytes for part in parts) / best


if __name__ == "__main__":
    main()
