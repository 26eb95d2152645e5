#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Names per second from a real NSD on loopback: resolver_speed.py PROGRAM [ADDRESSES].

`echotap resolve` without limits, three times with each number of questions in flight; every row is compared with the zones
while the time is taken. Resolver and NSD share the machine, so the processor time of the resolver alone is told as well; it
includes reading addresses and printing rows. The last line is a second run from the cache.
"""

import pathlib
import resource
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests" / "resolver"))

import make_zones  # noqa: E402
import nsd_run  # noqa: E402


def run(program, addresses, expected, *words):
    """(seconds, seconds of the processor, questions asked again) of one run."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begin = time.monotonic()
    done = subprocess.run([program, "resolve", "--rate", "0", "--network-rate", "0", "--tries", "5", *words, addresses],
                          capture_output=True, text=True, check=False)
    seconds = time.monotonic() - begin
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.stdout != expected:
        sys.exit(f"wrong rows, exit code {done.returncode}:\n{done.stderr}")
    again = next((line.split(" s, ")[1].split()[0] for line in done.stderr.splitlines() if " questions in " in line), "0")
    return seconds, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime, again


def main():
    program = sys.argv[1]
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 60_000
    if nsd_run.NSD is None:
        print("SKIP: Debian's nsd is not there; tools/setup installs it")
        return 77
    with tempfile.TemporaryDirectory(prefix="echotap-nsd-") as name:
        folder = pathlib.Path(name)
        truth = {address: row for address, row in make_zones.write(folder, count).items() if address.startswith("198.18.")}
        addresses = folder / "addresses"
        addresses.write_text("".join(f"{address}\n" for address in truth))
        expected = "".join(f"{address}\t{row}\n" for address, row in truth.items())
        print(f"{'':24} {'names/s':>9} {'per core':>9} {'again':>6}   ({len(truth):,} addresses, a fourth of them NXDOMAIN)")

        def report(what, runs):
            seconds, busy, again = sorted(runs)[len(runs) // 2]
            print(f"{what:24} {len(truth) / seconds:9,.0f} {len(truth) / busy:9,.0f} {again:>6}", flush=True)

        with nsd_run.nsd(folder) as port:
            words = ["--server", f"127.0.0.1:{port}", "--in-flight"]
            for flying in (16, 64, 256):
                report(f"{flying} in flight", [run(program, addresses, expected, *words, str(flying)) for _ in range(3)])
            cache = str(folder / "cache")
            report("64, into an empty cache", [run(program, addresses, expected, *words, "64", "--cache", cache)])
        report("from the cache", [run(program, addresses, expected, "--cache", cache) for _ in range(3)])
    return 0


if __name__ == "__main__":
    sys.exit(main())
