#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs `echotap queries` on every capture of manifest.tsv and compares rows, exit code and ledger with what its author
said they must be. Usage: golden_test.py PROGRAM [CAPTURE...]; results are TAP, one case per capture.

Every counter of the ledger is compared: a drop that the manifest does not name must be 0. And everything must be the
same with several workers.
"""

import csv
import json
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from queries_run import differences_by_workers, run_queries  # noqa: E402
from tap import Tap  # noqa: E402


def first_difference(expected, found):
    """Nothing, or the first row that differs with its neighbour before."""
    for number, (left, right) in enumerate(zip(expected + [None] * len(found), found + [None] * len(expected)), 1):
        if left != right:
            shown = lambda row: "(no row)" if row is None else row
            return [f"row {number} of {len(expected)} expected, {len(found)} found:\n"
                    f"  expected {shown(left)}\n  found    {shown(right)}"]
    return []


def check(program, case):
    expected = (HERE / f"{case['capture']}.tsv").read_text().splitlines()
    words = (program, case["paths"].split(), case["arguments"].split(), HERE)
    run = run_queries(*words)
    faults = first_difference(expected, run.rows) + run.wrong_books() + differences_by_workers(run, *words)
    if run.exit_code != int(case["exit"]):
        faults.append(f"exit code {run.exit_code}, not {case['exit']}")
    if run.minimised != int(case["minimised"]):
        faults.append(f"{run.minimised} minimised queries, not {case['minimised']}")
    drops = {name: int(count) for name, count in (pair.split("=") for pair in case["drops"].split())}
    for name in sorted(drops.keys() | run.drops().keys()):
        if drops.get(name, 0) != run.drops().get(name, 0):
            faults.append(f"ledger: {name} is {run.drops().get(name, 0)}, not {drops.get(name, 0)}")
    if faults:
        faults.append("standard error was:\n" + run.complaints)
    return faults


def check_jsonl(program):
    """The same rows as JSON; times are compared as text, since they have more digits than a float."""
    command = [program, "queries", "--format", "jsonl", "link_ethernet.pcap", "reverse_names.pcap"]
    done = subprocess.run(command, cwd=HERE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=60, check=False)
    found = []
    for line in done.stdout.decode().splitlines():
        row = json.loads(line, parse_float=str)
        found.append("\t".join(row[key] for key in ("time", "originator", "querier", "authority", "transport")))
    expected = (HERE / "link_ethernet.tsv").read_text() + (HERE / "reverse_names.tsv").read_text()
    return first_difference(sorted(expected.splitlines()), sorted(found))


def main():
    program, chosen = os.path.abspath(sys.argv[1]), sys.argv[2:]
    tap = Tap()
    with open(HERE / "manifest.tsv", newline="") as manifest:
        cases = csv.DictReader((line.lstrip("#") for line in manifest), delimiter="\t", quoting=csv.QUOTE_NONE)
        for case in cases:
            if not chosen or case["capture"] in chosen:
                tap.result(f"{case['capture']}: {case['theme']}", check(program, case))
    if not chosen:
        tap.result("jsonl: the same rows as JSON", check_jsonl(program))
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
