#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What scripts make of words that they do not know. Usage: scripts_test.py; results are TAP."""

import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from tap import Tap  # noqa: E402

TOOLS = HERE.parents[1] / "tools"


def refusal(script):
    """Nothing is done, and how the script is used is said."""
    done = subprocess.run([str(TOOLS / script), "--nonsense"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=60, check=False)
    faults = [] if done.returncode == 2 else [f"exit code {done.returncode}"]
    faults += [f"it did something: {done.stdout.decode()}"] if done.stdout else []
    return faults + [f"not said: {part}\nbut: {done.stderr.decode()}" for part in ("--nonsense", "usage: tools/")
                     if part not in done.stderr.decode()]


def main():
    tap = Tap()
    for script in ("setup", "build", "test", "bench"):
        tap.result(f"tools/{script} refuses an unknown word", refusal(script))
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
