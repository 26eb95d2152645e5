#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs `echotap window` and `echotap merge` on small captures and compares them with what `echotap queries` finds there,
counted slowly. Usage: window_test.py PROGRAM; results are TAP.
"""

import collections
import json
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import files  # noqa: E402
import wire  # noqa: E402
from tap import Tap  # noqa: E402

CAPTURES = ("reverse_names.pcap", "link_ethernet.pcap", "fragments_ipv4.pcap", "tcp_many.pcap", "wild_times.pcap")


def echotap(program, *words):
    done = subprocess.run([program, *map(str, words)], cwd=HERE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=120, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def windows(program, *words):
    code, text, errors = echotap(program, "window", "--quiet", "--format", "json", *words)
    assert code == 0, f"exit code {code}: {errors}"
    return [json.loads(line) for line in text.splitlines()]


def slow_count(program, capture):
    """Footprint and queries of each originator, without a repeat filter."""
    queriers, queries = collections.defaultdict(set), collections.Counter()
    for line in echotap(program, "queries", "--quiet", capture)[1].splitlines():
        _, originator, querier, _, _ = line.split("\t")
        queriers[originator].add(querier)
        queries[originator] += 1
    return {name: (len(queriers[name]), queries[name]) for name in queries}


def check_counts(program, capture):
    window, = windows(program, "--repeat", "0s", "--top", 1000000, capture)
    found = {row["originator"]: (row["footprint"], row["queries"]) for row in window["top"]}
    expected = slow_count(program, capture)
    faults = [f"{name}: {found.get(name)}, not {expected.get(name)}"
              for name in sorted(found.keys() | expected.keys()) if found.get(name) != expected.get(name)]
    if window["reverse"] != sum(queries for _, queries in expected.values()):
        faults.append(f"{window['reverse']} reverse queries")
    return faults


def check_prefixes(program, folder):
    """Short names are counted by prefix, with the queriers who sent them."""
    asked = [("113.0.203.in-addr.arpa", 1), ("113.0.203.in-addr.arpa", 2), ("203.in-addr.arpa", 1),
             ("8.b.d.0.1.0.0.2.ip6.arpa", 3), ("9.113.0.203.in-addr.arpa", 1)]
    frames = [wire.ether(wire.udp(f"10.0.0.{querier}", "192.0.2.1", wire.message(wire.question(
        wire.name(name), 12 if name[0] == "9" else 2)))) for name, querier in asked]
    capture = folder / "prefixes.pcap"
    capture.write_bytes(files.pcap([(1_700_000_000 * 10**9 + i, frame, len(frame)) for i, frame in enumerate(frames)]))
    window, = windows(program, capture)
    found = [(row["prefix"], row["footprint"], row["queries"]) for row in window["top_prefixes"]]
    faults = []
    if found != [("203.0.113.0/24", 2, 2), ("203.0.0.0/8", 1, 1), ("2001:db8::/32", 1, 1)]:
        faults.append(f"{found}")
    if (window["minimised"], window["minimising"], window["queriers"], window["originators"]) != (4, 3, 3, 1):
        faults.append(f"{window}")
    if "203.0.113.0/24" not in echotap(program, "window", "--quiet", capture)[1]:
        faults.append("no prefix in the table")
    return faults


def check_workers(program, capture):
    words = ("window", "--quiet", "--length", "1m", "--length", "whole:v4", capture)
    first = echotap(program, *words)
    return [f"{workers} workers differ" for workers in (2, 4)
            if echotap(program, *words, "--workers", workers) != first]


def check_hours_apart(program, folder):
    """Where frames are hours apart each query counts at its own time, in its own window, and no two are repeats."""
    start, step, count = 1_700_010_000 * 10**9, 3 * 3600 * 10**9, 40  # five days from one o'clock on
    frames = [wire.ether(wire.udp("10.0.0.1", "192.0.2.1", wire.query("203.0.113.9"))) for _ in range(count)]
    capture = folder / "hours_apart.pcap"
    capture.write_bytes(files.pcap([(start + i * step, frame, len(frame)) for i, frame in enumerate(frames)]))
    whole, = windows(program, capture)
    faults = [f"{row['queries']} queries in {row['periods']} periods" for row in whole["top"]
              if (row["queries"], row["periods"]) != (count, count)]
    days = [(window["start"][:10], window["frames"], window["top"][0]["queries"], window["complete"], window["gaps"])
            for window in windows(program, "--length", "1d", capture)]
    complete = [("no", ["began_late"]), *[("unknown", ["source_unknown"])] * 3, ("no", ["ended_early"])]
    expected = [(f"2023-11-{15 + day}", 8, 8, *complete[day]) for day in range(5)]
    return faults + ([] if days == expected else [f"{days}, not {expected}"])


def check_files(program, folder):
    """Windows are the same file for any workers; merged with itself a window is skipped; split ones are merged."""
    faults = []
    key = ("--sample-key", "000102030405060708090a0b0c0d0e0f")
    paths = {}
    for workers in (1, 3):
        paths[workers] = folder / f"{workers}.window"
        windows(program, *key, "--workers", workers, "-o", paths[workers], "reverse_names.pcap")
    if paths[1].read_bytes() != paths[3].read_bytes():
        faults.append("the files of 1 and 3 workers differ")
    other = folder / "other.window"
    windows(program, *key, "-o", other, "link_ethernet.pcap")
    code, _, errors = echotap(program, "merge", *key, paths[1], paths[3], other, "-o", folder / "all.window")
    if code != 0 or "skipped" not in errors:
        faults.append(f"merge: exit code {code}, {errors}")
    code, _, errors = echotap(program, "merge", "--sample-key", "f" * 32, paths[1], other)
    if code != 1:
        faults.append(f"merge with another key: exit code {code}, {errors}")
    damaged = folder / "damaged.window"
    octets = bytearray(paths[1].read_bytes())
    octets[len(octets) // 2] ^= 1
    damaged.write_bytes(octets)
    code, _, errors = echotap(program, "merge", damaged, other)
    if code != 1 or "damaged.window" not in errors:
        faults.append(f"a damaged file: exit code {code}, {errors}")
    return faults


def check_table(program):
    code, text, _ = echotap(program, "window", "--quiet", "reverse_names.pcap")
    faults = [f"over 80 columns: {line}" for line in text.splitlines() if len(line) > 80]
    return faults + ([f"exit code {code}"] if code != 0 else [])


def main():
    program = str(pathlib.Path(sys.argv[1]).resolve())
    tap = Tap()
    for capture in CAPTURES:
        tap.result(f"{capture}: footprints and queries", check_counts(program, capture))
        tap.result(f"{capture}: any number of workers", check_workers(program, capture))
    tap.result("a table of 80 columns", check_table(program))
    with tempfile.TemporaryDirectory() as folder:
        tap.result("prefixes of short names", check_prefixes(program, pathlib.Path(folder)))
        tap.result("frames hours apart", check_hours_apart(program, pathlib.Path(folder)))
        tap.result("windows in files", check_files(program, pathlib.Path(folder)))
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
