# SPDX-License-Identifier: Apache-2.0
"""One run of `echotap queries`: paths go in; rows, exit code, ledger and complaints come out."""

import dataclasses
import json
import pathlib
import subprocess
import tempfile

TIMEOUT_SECONDS = 60


@dataclasses.dataclass
class Run:
    rows: list  # texts without the line feed
    exit_code: int
    ledger: dict  # stage name to {"unit", "in", "out", "held", "drops"}; empty where none was written
    reverse: int
    minimised: int
    complaints: str  # standard error

    def drops(self):
        """Reason to count, over all stages; no zeros."""
        return {name: count for stage in self.ledger.values() for name, count in stage["drops"].items() if count}

    def wrong_books(self):
        """What does not add up: in a stage, between source and layers, or between ledger and rows."""
        wrong = []
        for name, stage in self.ledger.items():
            dropped = sum(stage["drops"].values())
            if stage["held"] != 0:
                wrong.append(f"{name} still holds {stage['held']} {stage['unit']}")
            if stage["in"] != stage["out"] + dropped + stage["held"]:
                wrong.append(f"{name}: {stage['in']} in, {stage['out']} out, {dropped} dropped, {stage['held']} held")
        if self.ledger and self.ledger["source"]["out"] != self.ledger["layers"]["in"]:
            wrong.append("what left the source is not what came to the layers")
        if self.ledger and self.reverse != len(self.rows):
            wrong.append(f"{len(self.rows)} rows, but the ledger has {self.reverse} reverse queries")
        if not self.ledger:
            wrong.append("no ledger was written")
        return wrong


def differences_by_workers(run, program, paths, arguments=(), folder=None):
    """What is otherwise with several workers than in `run`, which had one: nothing may be."""
    several = run_queries(program, paths, [*arguments, "--workers", "3"], folder)
    faults = []
    if several.rows != run.rows:
        place = next((i for i, pair in enumerate(zip(several.rows, run.rows)) if pair[0] != pair[1]),
                     min(len(several.rows), len(run.rows)))
        show = lambda rows: rows[place] if place < len(rows) else "(no row)"
        faults.append(f"with three workers row {place + 1} is another:\n  one   {show(run.rows)}\n"
                      f"  three {show(several.rows)}")
    if (several.exit_code, several.ledger) != (run.exit_code, run.ledger):
        faults.append(f"with three workers the ledger is another: {several.ledger}\nwith one: {run.ledger}")
    return faults


def run_queries(program, paths, arguments=(), folder=None):
    """`paths` as in the manifest of captures: '-<FILE' is that file on standard input through a pipe."""
    words = []
    piped = None
    for path in paths:
        if path.startswith("-<"):
            piped = (pathlib.Path(folder or ".") / path[2:]).read_bytes()
            path = "-"
        words.append(path)
    with tempfile.TemporaryDirectory() as scratch:
        ledger_path = pathlib.Path(scratch) / "ledger.json"
        command = [program, "queries", "--format", "tsv", "--ledger", str(ledger_path), *arguments, *words]
        try:
            done = subprocess.run(command, input=piped if piped is not None else b"", cwd=folder, check=False,
                                  timeout=TIMEOUT_SECONDS, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        except subprocess.TimeoutExpired:
            return Run([], -1, {}, 0, 0, f"stopped after {TIMEOUT_SECONDS} s without an end")
        books = json.loads(ledger_path.read_text()) if ledger_path.exists() else {"stages": []}
    return Run(rows=done.stdout.decode("utf-8", "backslashreplace").splitlines(), exit_code=done.returncode,
               ledger={stage["stage"]: stage for stage in books["stages"]}, reverse=books.get("reverse", 0),
               minimised=books.get("minimised", 0), complaints=done.stderr.decode("utf-8", "backslashreplace"))
