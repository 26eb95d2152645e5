#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs `echotap config` on files of settings. Usage: config_test.py PROGRAM; results are TAP."""

import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from tap import Tap  # noqa: E402

ANNOTATED = HERE.parents[1] / "config" / "echotap.toml"


def config(program, *words, environment=None):
    done = subprocess.run([program, "config", *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=60, check=False, env={**os.environ, **(environment or {})})
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def unlike(found, expected):
    return [] if found == expected else [f"found    {found!r}", f"expected {expected!r}"]


def lacks(text, *parts):
    return [f"not said: {part}\nbut: {text}" for part in parts if part not in text]


def main():
    program = sys.argv[1]
    tap = Tap()
    with tempfile.TemporaryDirectory() as folder:
        good = pathlib.Path(folder, "good.toml")
        good.write_text('[ports]\nnames = ["net_null0"]\n[windows]\nlengths = ["1h"]\n')
        bad = pathlib.Path(folder, "bad.toml")
        bad.write_text('[ports]\nnames = ["net_null0"]\n[windows]\nlenghts = ["1h"]\n')
        port = pathlib.Path(folder, "port.toml")
        port.write_text('[ports]\nnames = ["eth1"]\n')

        tap.result("a good file is good", unlike(config(program, "check", good), (0, f"{good}: good\n", "")))
        code, out, errors = config(program, "check", bad)
        tap.result("a misspelt key is told with file, line, column and the nearest key", unlike((code, out), (1, "")) +
                   lacks(errors, f"{bad}:4:", "lenghts: there is no such key here; did you mean 'lengths'?"))
        code, out, errors = config(program, "check", ANNOTATED)
        tap.result("a file without ports has nothing to listen to", unlike((code, out), (1, "")) +
                   lacks(errors, "ports.names is empty"))
        code, out, errors = config(program, "check", port)
        tap.result("a port that is none is told", unlike((code, out), (1, "")) + lacks(errors, "eth1"))
        code, out, errors = config(program, "check", pathlib.Path(folder, "none.toml"))
        tap.result("a file that is not there is told", unlike((code, out), (1, "")) + lacks(errors, "cannot be read"))
        tap.result("show prints what differs", unlike(
            config(program, "show", good),
            (0, '[ports]\nnames = ["net_null0"]\n\n[windows]\nlengths = ["1h"]\n', "")))
        tap.result("so it does of what --set says, but not of the environment", unlike(
            config(program, "show", "--set", "windows.grace=2m", good, environment={"ECHOTAP_ORIGINATORS_TOP": "7"}),
            (0, '[ports]\nnames = ["net_null0"]\n\n[windows]\nlengths = ["1h"]\ngrace = "2m"\n', "")))
        code, out, errors = config(program, "show", "--effective", "--set", "windows.grace=2m", good,
                                   environment={"ECHOTAP_ORIGINATORS_TOP": "7"})
        tap.result("show --effective says what holds, and why", unlike((code, errors), (0, "")) +
                   lacks(out, f"# {good}:4", 'grace = "2m"', "# --set", "top = 7", "# ECHOTAP_ORIGINATORS_TOP",
                         "# default"))
        effective = pathlib.Path(folder, "effective.toml")
        effective.write_text(out)
        tap.result("what it prints is a file of settings", unlike(
            config(program, "check", effective)[:2], (0, f"{effective}: good\n")))
        code, out, errors = config(program, "check", good, environment={"ECHOTAP_WINDOWS_GRAZE": "1m"})
        tap.result("a misspelt variable is told", unlike((code, out), (1, "")) +
                   lacks(errors, "did you mean ECHOTAP_WINDOWS_GRACE?"))
        tap.result("without words it says how it is used", unlike(config(program)[0], 2))
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
