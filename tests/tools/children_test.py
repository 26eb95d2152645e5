#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Whether programs that a test starts end with it, however it ends. Results are TAP."""

import os
import pathlib
import signal
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from tap import Tap  # noqa: E402

STARTED = f"import sys, time; sys.path.insert(0, {str(HERE.parent)!r}); import children; " \
    "child = children.start(['sleep', '300']); print(child.pid, flush=True); "
ENDS = {"ends at its last line": ("", None),
        "has an exception": ("raise RuntimeError", None),
        "has one while it uses the program": ("\nwith child:\n    raise RuntimeError", None),
        "is told to end": ("time.sleep(300)", signal.SIGTERM),
        "is killed": ("time.sleep(300)", signal.SIGKILL)}


def runs(process):
    try:
        return pathlib.Path(f"/proc/{process}/stat").read_text().split()[2] != "Z"
    except FileNotFoundError:
        return False


def outlived(code, end):
    with subprocess.Popen([sys.executable, "-c", STARTED + code], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL) as test:
        child = int(test.stdout.readline())
        if end:
            test.send_signal(end)
        test.wait(20)
    deadline = time.monotonic() + 5
    while runs(child) and time.monotonic() < deadline:
        time.sleep(0.01)
    if not runs(child):
        return []
    os.kill(child, signal.SIGKILL)
    return ["the program outlived the test"]


def main():
    results = Tap()
    for name, (code, end) in ENDS.items():
        results.result(f"a program ends when its test {name}", outlived(code, end))
    return results.finish()


if __name__ == "__main__":
    sys.exit(main())
