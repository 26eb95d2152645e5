#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What commands do at their edges: an answer that cannot be written, a file that is there already, a signal.
Usage: commands_test.py PROGRAM; results are TAP."""

import json
import pathlib
import signal
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
sys.path.insert(0, str(HERE.parent / "captures"))

import files  # noqa: E402
import wire  # noqa: E402
from queries_run import Run  # noqa: E402
from tap import Tap, unlike  # noqa: E402

TIMEOUT_SECONDS = 60
CAPTURE = HERE.parent / "captures" / "authorities.pcap"


def run(program, *words, **options):
    done = subprocess.run([program, *map(str, words)], **{"stdout": subprocess.PIPE, **options}, stderr=subprocess.PIPE,
                          timeout=TIMEOUT_SECONDS, check=False)
    return done.returncode, (done.stdout or b"").decode(), done.stderr.decode()


def full_disk(program, folder):
    """Whatever a command answers, it fails where nobody gets the answer."""
    window, store = folder / "full.window", folder / "full.db"
    run(program, "window", "--quiet", "-o", window, CAPTURE)
    run(program, "read", "--quiet", "--store", store, CAPTURE)
    faults = []
    with open("/dev/full", "wb") as full:
        for words in (["--help"], ["queries", "--quiet", CAPTURE], ["window", "--quiet", CAPTURE], ["merge", window],
                      ["features", "--quiet", CAPTURE], ["read", "--quiet", CAPTURE], ["report", "--store", store],
                      ["config", "show", "--effective", HERE.parents[1] / "config" / "echotap.toml"]):
            code, _, errors = run(program, *words, stdout=full)
            if code != 1 or "No space left" not in errors:
                faults.append(f"{words[0]}: exit code {code}, {errors!r}")
    return faults


def unread_is_not_stored(program, folder):
    """What `read` could not print is not stored, so that a second run prints it."""
    words = ["read", "--quiet", "--format", "csv", "--min-queriers", 1, "--store", folder / "unread.db", CAPTURE]
    with open("/dev/full", "wb") as full:
        code, _, _ = run(program, *words, stdout=full)
    again, text, errors = run(program, *words)
    return unlike("exit codes", (code, again), (1, 0)) + ([] if text.count("\n") > 2 else [f"{text}{errors}"])


def windows_stay(program, folder):
    """A live run leaves the files of the run before it alone."""
    words = ["window", "--port", "net_null0", "--seconds", "0.2", "--length", "7d", "--anchor", "2020-01-01", "-o"]
    before, faults = {}, []
    for _ in range(3):
        code, _, errors = run(program, *words, folder / "live", stdout=subprocess.DEVNULL)
        faults += unlike("exit code", code, 0) + ([] if code == 0 else [errors])
        names = sorted(path.name for path in folder.glob("live.*"))
        octets = {name: (folder / name).read_bytes() for name in names}
        faults += [f"{name} was written over" for name in before if octets.get(name) != before[name]]
        before = octets
    begin = names[0] if names else ""
    faults += unlike("names", names, [begin, f"{begin}.2", f"{begin}.3"])
    code, text, errors = run(program, "merge", "--format", "json", *(folder / name for name in names))
    return faults + unlike("merge", (code, errors), (0, "")) + (
        [] if text and json.loads(text)["frames"] > 0 else ["merge: no frames"])


def stopped_reading(program, folder):
    """A signal ends a read between two bursts, and the books of what was read add up."""
    capture, ledger = folder / "long.pcap", folder / "ledger.json"
    frames = [(1_700_000_000_000_000_000 + number * 1000, frame, len(frame)) for number, frame in
              ((number, wire.ether(wire.udp("198.51.100.7", "192.0.2.53", wire.query(f"203.0.{number % 3}.{number % 251}"))))
               for number in range(12_000))]
    capture.write_bytes(files.pcap(frames))
    process = subprocess.Popen([program, "queries", "--quiet", "--ledger", str(ledger), str(capture)],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0)
    # Rows are written in pieces larger than a pipe, so now it waits in the middle of the capture for its reader.
    rows = process.stdout.read(1)
    process.send_signal(signal.SIGINT)
    text, errors = process.communicate(timeout=TIMEOUT_SECONDS)
    rows = (rows + text).splitlines()
    book = json.loads(ledger.read_text())
    stages = {row.pop("stage"): row for row in book["stages"]}
    books = Run(rows, process.returncode, stages, book["reverse"], book["minimised"], errors.decode())
    return books.wrong_books() + ([] if len(rows) < len(frames) else ["it was not stopped"]) + unlike("exit code", process.returncode, 3) + (
        [] if "stopped by a signal" in books.complaints else [books.complaints])


def empty_world(program, folder):
    """The base of the worlds is no world."""
    code, _, errors = run(program, "simulate", "--world", "profiles", "-o", folder / "empty")
    if "make_networks" in errors:
        return None
    return unlike("exit code", code, 1) + ([] if "nobody lives in this world" in errors else [errors]) + (
        ["a folder was made for it"] if (folder / "empty").exists() else [])


def main():
    program = str(pathlib.Path(sys.argv[1]).resolve())
    tap = Tap()
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        tap.result("an answer that cannot be written is no success", full_disk(program, folder))
        tap.result("what could not be printed is not stored", unread_is_not_stored(program, folder))
        tap.result("live windows are never written over", windows_stay(program, folder))
        tap.result("a signal between bursts leaves the books whole", stopped_reading(program, folder))
        faults = empty_world(program, folder)
        if faults is None:
            tap.skip("a world without originators is refused", "there is no list of networks (tools/make_networks)")
        else:
            tap.result("a world without originators is refused", faults)
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
