#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Whether tools/accuracy still makes all tables of docs/accuracy.md, of one world and few splits. Skipped unless
ECHOTAP_LONG is set. Usage: accuracy_test.py PROGRAM; results are TAP."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from tap import Tap, skip_all  # noqa: E402

WORLD = "b_post_ditl"
TABLES = [f"{table}-{WORLD}" for table in ("P0-P2", "P1-P7", "P3", "P6", "classes-7", "classes-5", "classes-2")]


def tables(program, folder):
    done = subprocess.run([str(HERE.parents[1] / "tools" / "accuracy"), folder], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=900, check=False, text=True,
                          env=os.environ | {"ECHOTAP": program, "SPLITS": "1", "WORLDS": WORLD})
    faults = [] if done.returncode == 0 else [f"exit code {done.returncode}: {done.stderr}"]
    for table in TABLES:
        text, results = pathlib.Path(folder, f"{table}.txt"), pathlib.Path(folder, table)
        if not text.is_file():
            faults.append(f"{text.name} is missing")
        for file in results.glob("*.json"):
            json.loads(file.read_text())
        if not list(results.glob("*.json")) or not list(results.glob("*.csv")):
            faults.append(f"{table} has no files of its figures")
    if f"{WORLD}-attacked" not in done.stdout or "spoofed" not in done.stdout:
        faults.append(f"nothing is said of the adversary (P9): {done.stdout}")
    return faults


def main():
    if not os.environ.get("ECHOTAP_LONG"):
        return skip_all("takes a minute: tools/test --long")
    tap = Tap()
    with tempfile.TemporaryDirectory() as folder:
        tap.result("all tables of one world", tables(str(pathlib.Path(sys.argv[1]).resolve()), folder))
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
