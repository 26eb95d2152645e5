#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs `echotap bench`: counts add up at a modest rate, what is printed can be read, and half of the rate that a search has
found is held without loss. Long forms where ECHOTAP_LONG is set. Usage: bench_test.py PROGRAM; results are TAP."""

import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

from tap import Tap, skip_all  # noqa: E402

CPUS = sorted(os.sched_getaffinity(0))
LARGE_RING = ["--slots", "262144"]


def run(program, *words, cpus=None):
    """Exit code, standard output, standard error."""
    before = (lambda: os.sched_setaffinity(0, cpus)) if cpus else None
    done = subprocess.run([program, "bench", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False,
                          preexec_fn=before)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def unlike(what, found, expected):
    return [] if found == expected else [f"{what}: found {found!r}, expected {expected!r}"]


def rows_of(program, *words):
    """Rows by work, and what was wrong."""
    code, out, said = run(program, "--format", "json", *words)
    try:
        rows = {row["work"]: row for row in json.loads(out)["rows"]}
    except (ValueError, KeyError) as error:
        return {}, [f"no JSON: {error}\nexit code {code}\n{out}{said}"]
    return rows, unlike("exit code", code, 0) + ([said] if code else [])


def modest_rate(program):
    """Rates that any machine takes, so the search ends with the rate that it began with, or close below."""
    words = ["--mix", "reverse", "--mix-frames", "20000", "--queues", "1", "--trial", "0.3", "--rate-max", "50000"]
    rows, faults = rows_of(program, *words, *LARGE_RING)
    faults += unlike("rows", sorted(rows), ["closing", "floor", "open"])
    for work, row in rows.items():
        at = row["at"]
        faults += unlike(f"{work}: lost", (at["lost"], at["queries_lost"]), (0, 0))
        if not 0 < row["frames_per_second"] <= 50100 or not 0 < at["frames"] <= 0.3 * 50100:
            faults.append(f"{work}: {row}")
        if (at["queries"] > 0.7 * at["frames"]) != (work != "floor"):
            faults.append(f"{work}: {at['queries']} queries in {at['frames']} frames")
        gigabits = row["frames_per_second"] * (row["mean_frame_octets"] + 24) * 8 / 1e9
        if abs(gigabits - row["gigabits_per_second_on_cable"]) > 0.001 or \
                abs(row["share_of_gbe"]["40"] - gigabits / 40) > 0.001:
            faults.append(f"{work}: {gigabits} Gb/s, but {row}")
    return faults


def capture(program, folder):
    """A capture of the simulator's, as a table."""
    code, _, said = subprocess_run([program, "simulate", "-o", str(folder), "--duration", "10m", "--quiet"])
    if code != 0:
        return [said]
    code, out, said = run(program, str(folder / "backscatter.pcap"), "--queues", "1", "--trial", "0.3", "--rate-max",
                          "20000", "--work", "closing", *LARGE_RING)
    faults = unlike("exit code", code, 0) + ([said] if code else [])
    faults += [f"too wide: {line}" for line in out.splitlines() if len(line) > 79]
    return faults + ([] if "backscatter.  1 closing" in out and "Mframe/s" in out else [out])


def two_workers(program):
    code, out, said = run(program, "--mix", "reverse", "--mix-frames", "20000", "--queues", "2", "--trial", "0.3",
                          "--rate-max", "20000", "--work", "closing", cpus=set(CPUS[:2]))
    return unlike("exit code", code, 0) + ([] if "SHARE 1 CPU" in " ".join(out.split()) else [out]) + (
        [] if "take turns" in " ".join(said.split()) else [said]) + ([] if " 2 closing" in out else [out])


def early_rows(program):
    """Each row is there as soon as it is found, not when all are."""
    words = [program, "bench", "--mix", "reverse", "--mix-frames", "20000", "--queues", "1", "--trial", "0.3", "--rate-max",
             "50000", "--work", "floor,open", "--quiet", *LARGE_RING]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            if " 1 floor" in line:
                break
        was_running = process.poll() is None
        rest = process.stdout.read()
    return unlike("running after the first row", was_running, True) + unlike("exit code", process.returncode, 0) + (
        [] if " 1 open" in rest and "Gb/s      on the cable" in rest else [rest])


def subprocess_run(words):
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def held(program, percent, seconds, window, attempts):
    """Holds a share of what a search has just found, beside the same neighbours. A ring of 262,144 slots bears a worker that
    is taken away for a quarter of a second at a million frames/s; where that is not enough, the whole is tried again."""
    words = ["--mix", "reverse", "--mix-frames", "1000000", "--queues", "1", "--work", "closing", "--trial", "1",
             "--window", window, "--hold", str(percent), "--hold-time", f"{seconds}s", *LARGE_RING]
    faults = []
    for _ in range(attempts):
        rows, faults = rows_of(program, *words)
        if "closing" in rows:
            row = rows["closing"]
            hold = row["held"] or {}
            print(f"# found {row['frames_per_second']:,} frames/s; held {hold.get('frames_per_second', 0):,} for "
                  f"{hold.get('seconds', 0)} s, {hold.get('windows_closed', 0)} windows closed", flush=True)
            faults += unlike("lost", (hold.get("lost"), hold.get("queries_lost")), (0, 0))
            if hold.get("windows_closed", 0) < 1:
                faults.append("no window closed meanwhile")
        if not faults:
            break
    return faults


def resident_kib(process):
    """Resident memory of the children, in which the tap is; None where there is none."""
    try:
        children = pathlib.Path(f"/proc/{process}/task/{process}/children").read_text().split()
        return sum(int(line.split()[1]) for child in children
                   for line in pathlib.Path(f"/proc/{child}/status").read_text().splitlines()
                   if line.startswith("RssAnon:"))
    except (OSError, ProcessLookupError):
        return None


def soak(program, seconds):
    """Holds 30 % for long while windows close: nothing is lost, and memory stays where it was after a third of the time."""
    window = max(2, min(60, seconds // 40))
    words = [program, "bench", "--mix", "reverse", "--mix-frames", "1000000", "--queues", "1", "--work", "closing",
             "--trial", "1", "--window", f"{window}s", "--hold", "30", "--hold-time", f"{seconds}s", "--format", "json",
             *LARGE_RING]
    samples = []
    begin = time.monotonic()
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        while process.poll() is None:
            time.sleep(min(1.0, seconds / 200))
            if (resident := resident_kib(process.pid)) is not None:
                samples.append((time.monotonic() - begin, resident))
        out = process.stdout.read().decode()
        code = process.returncode
    faults = unlike("exit code", code, 0)
    if code == 0:
        row = json.loads(out)["rows"][0]
        faults += unlike("lost", (row["held"]["lost"], row["held"]["queries_lost"]), (0, 0))
    # The hold is the last that it does.
    hold_begin = samples[-1][0] - seconds
    early = [kib for at, kib in samples if hold_begin + seconds / 3 <= at < hold_begin + seconds * 2 / 3]
    late = [kib for at, kib in samples if at >= hold_begin + seconds * 2 / 3]
    print(f"# resident: median {statistics.median(early):,.0f} KiB, then {statistics.median(late):,.0f} KiB; most "
          f"{max(early):,} KiB, then {max(late):,} KiB")
    for what, of in (("median", statistics.median), ("most", max)):
        if of(late) > of(early) * 1.03 + 8192:
            faults.append(f"{what}: memory grew from {of(early):,} to {of(late):,} KiB")
    return faults


def main():
    program = sys.argv[1]
    if len(CPUS) < 2:
        return skip_all("a generator and a worker need two CPUs")
    results = Tap()
    code, _, said = run(program, "--mix", "root", cpus={CPUS[0]})
    results.result("one CPU is refused, and why",
                   unlike("exit code", code, 1) + ([] if "need 2 CPUs" in said else [said]))
    code, _, said = run(program, "--port", "net_memif0,role=server")
    results.result("a port that nobody sends to is refused", unlike("exit code", code, 2) +
                   ([] if "--send-from" in said else [said]))
    results.result("counts add up at a modest rate", modest_rate(program))
    with tempfile.TemporaryDirectory() as folder:
        results.result("a capture is replayed, and the table fits", capture(program, pathlib.Path(folder)))
    results.result("two workers run on two CPUs, and it is said that they share one", two_workers(program))
    results.result("each row is printed as soon as it is found", early_rows(program))
    if "ASAN_OPTIONS" in os.environ:  # which takes minutes more
        results.result("half of the rate found is held for 10 s", held(program, 50, 10, "1s", attempts=3))
    else:
        results.result("half of the rate found is held for 60 s, a window of a minute closing",
                       held(program, 50, 60, "1m", attempts=3))
    if not os.environ.get("ECHOTAP_LONG"):
        results.skip("80 % of the rate found is held for 5 minutes on 4 CPUs", "takes minutes: tools/test --long")
        results.skip("ten minutes take no more memory than their first third", "takes minutes: tools/test --long")
        return results.finish()
    if len(CPUS) < 4:
        results.skip("80 % of the rate found is held for 5 minutes", "needs 4 CPUs")
    else:
        results.result("80 % of the rate found is held for 5 minutes, windows of a minute closing",
                       held(program, 80, 300, "1m", attempts=1))
    results.result("ten minutes take no more memory than their first third", soak(program, 600))
    return results.finish()


if __name__ == "__main__":
    sys.exit(main())
