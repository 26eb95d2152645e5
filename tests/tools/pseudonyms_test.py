#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs every command that prints addresses with --pseudonym-key: no address comes out, and all commands agree on what
stands for it. Usage: pseudonyms_test.py PROGRAM; results are TAP."""

import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE / "tap")]

from live import AUTHORITY, query, queriers  # noqa: E402
from tap import Tap, unlike  # noqa: E402

# The sample of the authors of Crypto-PAn, and what it makes of these addresses.
KEY = "1522178d33a4cf80130a5b1649907d10d8988f837979652762574c2d2a842202"
ORIGINATORS = {"128.11.68.132": "135.242.180.132", "205.188.147.153": "242.96.16.101",
               "205.188.248.25": "242.96.88.27"}
QUERIERS = queriers(30, "192.102.249.13")


class Runner:
    def __init__(self, program, folder):
        self.program, self.folder = os.path.abspath(program), folder
        frames = [query(originator, querier, i) for i, (originator, querier) in enumerate(
            (originator, querier) for originator in ORIGINATORS for querier in QUERIERS)]
        with open(folder / "small.pcap", "wb") as file:
            file.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
            for i, frame in enumerate(frames):
                file.write(struct.pack("<IIII", 1398772800 + i, 0, len(frame), len(frame)) + frame)
        (folder / "key").write_text(KEY + "\n")
        (folder / "key").chmod(0o600)

    def run(self, *words):
        done = subprocess.run([self.program, *map(str, words)], cwd=self.folder, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=120, check=False,
                              env={"HOME": str(self.folder), "PATH": "/usr/bin"})
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def printed(self, *words):
        code, text, errors = self.run(*words)
        assert code == 0, f"{words}: exit code {code}: {errors}"
        return text


def queries(runner):
    words = ("queries", "--quiet", "small.pcap")
    plain = [row.split("\t") for row in runner.printed(*words).splitlines()]
    shown = [row.split("\t") for row in runner.printed(*words, "--pseudonym-key", "key").splitlines()]
    partly = [row.split("\t") for row in
              runner.printed(*words, "--pseudonym-key", "key", "--pseudonym", "queriers").splitlines()]
    faults = unlike("rows", len(shown), len(ORIGINATORS) * len(QUERIERS))
    faults += unlike("originators", [row[1] for row in shown], [ORIGINATORS[row[1]] for row in plain])
    faults += unlike("a querier", shown[0][2], "252.138.62.131")
    faults += unlike("queriers that are their own pseudonyms", {row[2] for row in shown} & set(QUERIERS), set())
    faults += unlike("authorities", {row[3] for row in shown}, {AUTHORITY})
    faults += unlike("times", [row[0] for row in shown], [row[0] for row in plain])
    return faults + unlike("with queriers only", partly, [one[:2] + other[2:] for one, other in zip(plain, shown)])


def agree(runner):
    """Every command prints the pseudonyms of the sample, and no address."""
    runner.printed("read", "--quiet", "--store", "store", "small.pcap")
    runner.printed("window", "--quiet", "-o", "small.window", "small.pcap")
    key = ("--pseudonym-key", "key")
    for words in (("window", "--quiet", "small.pcap"), ("window", "--quiet", "--format", "json", "small.pcap"),
                  ("merge", "small.window"), ("merge", "--format", "json", "small.window"),
                  ("features", "--quiet", "small.pcap"), ("features", "--quiet", "--format", "csv", "small.window"),
                  ("features", "--quiet", "--format", "jsonl", "small.pcap"), ("read", "--quiet", "small.pcap"),
                  ("read", "--quiet", "--format", "csv", "small.pcap"),
                  ("read", "--quiet", "--format", "jsonl", "small.window")):
        plain, text = runner.printed(*words), runner.printed(*words, *key)
        for originator, pseudonym in ORIGINATORS.items():
            plain = plain.replace(originator, pseudonym)
            yield from (f"{words} prints {originator}" for _ in [0] if originator in text)
        # All else stays as it was, but for the space in columns.
        yield from unlike(words, text.split(), plain.split())


def show(runner):
    key = ("--pseudonym-key", "key")
    text = runner.printed("show", "205.188.147.153", "--store", "store", *key)
    faults = [f"the address is in: {text}"] if "205.188.147.153" in text else []
    faults += [] if "242.96.16.101: " in text else [f"no pseudonym in: {text}"]
    # A neighbour in the same /24 has no row of its own.
    text = runner.run("show", "205.188.147.9", "--store", "store", *key)[1]
    return faults + [f"not said: {part}\nin {text}" for part in ("others in 242.96.16.0/24", "\n242.96.16.101\n")
                     if part not in text]


def wrong_words(runner):
    (runner.folder / "open").write_text(KEY)
    (runner.folder / "open").chmod(0o644)
    (runner.folder / "short").write_text("secret")
    (runner.folder / "short").chmod(0o600)
    for words, code, what in (
            (("queries", "small.pcap", "--pseudonym-key", "open"), 1, "chmod 600 open"),
            (("read", "small.pcap", "--pseudonym-key", "short"), 1, "openssl rand -hex 32 > short"),
            (("window", "small.pcap", "--pseudonym-key", "none"), 1, "No such file"),
            (("queries", "small.pcap", "--pseudonym", "queriers"), 2, "goes with --pseudonym-key"),
            (("queries", "small.pcap", "--pseudonym-key", "key", "--pseudonym", "some"), 2, "all or of queriers")):
        found, text, errors = runner.run(*words)
        yield from unlike(words, (found, text), (code, ""))
        yield from ([] if what in errors else [f"{words}: not said: {what}\nbut: {errors}"])


def main():
    results = Tap()
    with tempfile.TemporaryDirectory() as folder:
        runner = Runner(sys.argv[1], pathlib.Path(folder))
        results.result("rows of queries have pseudonyms", queries(runner))
        results.result("all commands have the same ones, and no address", list(agree(runner)))
        results.result("show has them for an originator and its neighbours", show(runner))
        results.result("what is no key is refused before anything is printed", list(wrong_words(runner)))
    return results.finish()


if __name__ == "__main__":
    sys.exit(main())
