#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`echotap features` with names that a server gives at once, late, or never: late_names_test.py PROGRAM. Results are TAP.

The server is a few lines of Python on loopback; everything ends by itself.
"""

import csv
import pathlib
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parent / "captures")]

import children  # noqa: E402
import files  # noqa: E402
import nsd_run  # noqa: E402
import wire  # noqa: E402
from tap import Tap  # noqa: E402

START = 1_700_000_000
POLITE_TO_NOBODY = ("--rate", 0, "--network-rate", 0, "--timeout", 30)


def run(program, *words):
    begin = time.monotonic()
    done = subprocess.run([program, *map(str, words)], capture_output=True, text=True, timeout=60, check=False)
    return list(csv.DictReader(done.stdout.splitlines())), done.stderr, done.returncode, time.monotonic() - begin


def make_window(program, folder, name, network, start):
    """A capture and the window of it: 25 queriers of that network ask about one originator."""
    frames = [(START + start + n, wire.ether(wire.udp(f"{network}.{n + 1}", "192.0.2.53", wire.query("203.0.113.7"))))
              for n in range(25)]
    capture, window = folder / f"{name}.pcap", folder / f"{name}.window"
    capture.write_bytes(files.pcap([(seconds * 10**9, octets, len(octets)) for seconds, octets in frames]))
    subprocess.run([program, "window", "--quiet", "-o", window, capture], check=True, stdout=subprocess.DEVNULL)
    return capture, window


def about(row):
    return row["revision"], row["provisional"], row["names_known"], row["other_unclassified"]


def check_at_once(tap, program, folder, window):
    cache = folder / "names.cache"
    with nsd_run.answering(b"mail") as port:
        rows, said, code, _ = run(program, "features", "--format", "csv", *POLITE_TO_NOBODY, "--resolver",
                                  f"127.0.0.1:{port}", "--name-cache", cache, window)
    tap.result("names come from the server", [] if code == 0 and [about(row) for row in rows] == [("1", "0", "1", "1")]
               else [str(rows), said])
    rows, said, code, _ = run(program, "features", "--format", "csv", "--name-cache", cache, window)
    tap.result("and are in the cache for the next run",
               [] if code == 0 and [about(row) for row in rows] == [("1", "0", "1", "1")] else [str(rows), said])


def check_late(tap, program, first, second):
    """The server answers only after the first window's rows are out."""
    may_answer = threading.Event()
    with nsd_run.answering(b"mail", may_answer) as port:
        words = [program, "features", "--format", "csv", *POLITE_TO_NOBODY, "--resolver", f"127.0.0.1:{port}",
                 "--wait", "3s", first, second]
        with children.start(list(map(str, words)), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            text=True) as process:
            lines = [process.stdout.readline(), process.stdout.readline()]
            may_answer.set()
            rest, said = process.communicate(timeout=60)
    rows = list(csv.DictReader(lines + rest.splitlines()))
    expected = [("1", "1", "0", ""), ("1", "0", "1", "1"), ("2", "0", "1", "1")]
    faults = [] if [about(row) for row in rows] == expected else [str([about(row) for row in rows]), said]
    if not faults and (rows[0]["start"] != rows[2]["start"] or rows[0]["start"] == rows[1]["start"]):
        faults.append("the second revision is not that of the first window")
    tap.result("late names make the second revision of a window's rows, which is printed in full", faults)


def check_table(tap, program, folder, window):
    names = folder / "some.tsv"
    names.write_text("".join(f"10.0.1.{n}\tmail.example.com\n" for n in range(1, 16)))
    done = subprocess.run([program, "features", "--names", names, window], capture_output=True, text=True, timeout=60,
                          check=False)
    faults = [f"over 80 columns: {line}" for line in done.stdout.splitlines() if len(line) > 80]
    if "? mail 1.0" not in done.stdout or "less than 80 % of the names known: 1" not in done.stdout:
        faults.append(done.stdout)
    tap.result("a table marks rows that are provisional", faults)


def check_down(tap, program, window):
    with nsd_run.swallowing(None, b"") as (silent, _):
        rows, said, code, seconds = run(program, "features", "--format", "csv", *POLITE_TO_NOBODY, "--resolver",
                                        f"127.0.0.1:{silent}", "--wait", "1s", window)
    faults = [] if code == 0 and [about(row) for row in rows] == [("1", "1", "0", "")] else [str(rows), said]
    if seconds > 10:
        faults.append(f"{seconds:.1f} s")
    tap.result("a server that is silent delays nothing beyond the deadline", faults)
    with nsd_run.swallowing(None, b"") as (silent, _):
        rows, said, _, seconds = run(program, "features", "--format", "csv", "--rate", 0, "--network-rate", 0,
                                     "--timeout", 0.3, "--resolver", f"127.0.0.1:{silent}", "--wait", "40s", window)
    faults = [] if "no server does its work" in said else [said]
    if seconds > 30:
        faults.append(f"{seconds:.1f} s")
    tap.result("one that is found to be down is not waited for, and told", faults)


def main():
    program = str(pathlib.Path(sys.argv[1]).resolve())
    tap = Tap()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        _, first = make_window(program, folder, "first", "10.0.1", 0)
        _, second = make_window(program, folder, "second", "10.0.2", 3600)
        check_at_once(tap, program, folder, first)
        check_late(tap, program, first, second)
        check_table(tap, program, folder, first)
        check_down(tap, program, first)
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
