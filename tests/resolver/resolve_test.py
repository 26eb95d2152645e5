#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`echotap resolve` against a real NSD with every kind of answer: resolve_test.py PROGRAM. Results are TAP.

What a resolver must make of the zones stands beside them in make_zones.py. Everything is on loopback and ends by itself.
"""

import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import children  # noqa: E402
import make_zones  # noqa: E402
import nsd_run  # noqa: E402
from tap import Tap, skip_all  # noqa: E402

FAST = ["--rate", "0", "--network-rate", "0", "--timeout", "0.8"]
# For those who do answer, on machines that are busy as well.
PATIENT = ["--rate", "0", "--network-rate", "0", "--timeout", "4"]
SILENT = bytes([1, ord("6"), 2]) + b"19" + bytes([3]) + b"198"  # within 1.6.19.198.in-addr.arpa


class Run:
    def __init__(self, program, addresses, *words, server=None):
        words = [program, "resolve", *words] + ([] if server is None else ["--server", f"127.0.0.1:{server}"])
        begin = time.monotonic()
        done = subprocess.run(words, input="".join(f"{address}\n" for address in addresses), capture_output=True,
                              text=True, timeout=60, check=False)
        self.seconds = time.monotonic() - begin
        self.exit_code, self.said, self.rows = done.returncode, done.stderr, done.stdout.splitlines()

    def faults(self, expected_rows, exit_code=0):
        faults = [f"{found!r} found, {wanted!r} expected" for found, wanted in zip(self.rows, expected_rows)
                  if found != wanted][:10]
        if len(self.rows) != len(expected_rows):
            faults.append(f"{len(self.rows)} rows, not {len(expected_rows)}")
        if self.exit_code != exit_code:
            faults.append(f"exit code {self.exit_code}, not {exit_code}")
        return faults + ([self.said] if faults else [])


def rows_of(truth):
    return [f"{address}\t{row}" for address, row in truth.items()]


def check_answers(tap, program, truth, port):
    run = Run(program, truth, *PATIENT, server=port)
    tap.result(f"{len(truth)} addresses of every kind have the names of the zones, in the order of the input",
               run.faults(rows_of(truth)))
    some = dict(list(truth.items())[:300])
    run = Run(program, some, "--rate", "0", "--timeout", "4", "--network-rate", "100", server=port)
    faults = run.faults(rows_of(some))
    if run.seconds < 2.5:
        faults.append(f"300 questions about one network at 100 a second took {run.seconds:.1f} s")
    tap.result("a network is not asked about faster than it may be", faults)
    some = dict(list(truth.items())[-100:])
    run = Run(program, some, "--rate", "100", "--network-rate", "0", "--timeout", "4", server=port)
    faults = run.faults(rows_of(some))
    if run.seconds < 0.8:
        faults.append(f"100 questions at 100 a second took {run.seconds:.1f} s")
    tap.result("no more is asked in a second than may be", faults)


def check_cache(tap, program, truth, port, folder):
    cache = str(folder / "names.cache")
    words = ["--cache", cache]
    faults = Run(program, truth, *PATIENT, *words, server=port).faults(rows_of(truth))
    if os.stat(cache).st_mode & 0o777 != 0o600:
        faults.append(f"the cache has mode {os.stat(cache).st_mode & 0o777:o}")
    tap.result("the cache is written, for its owner only", faults)
    again = Run(program, truth, *words)
    faults = again.faults(rows_of(truth))
    if "by the cache " + f"{len(truth):,}" not in again.said:
        faults.append(again.said)
    tap.result("a second run has all of it from the cache, failures too, and asks nobody", faults)

    snapshot = folder / "snapshot.tsv"
    snapshot.write_text("198.18.0.1\tfrom.the.snapshot\n")
    run = Run(program, ["198.18.0.1", "198.18.0.2"], *words, "--names", str(snapshot))
    tap.result("a snapshot is asked before the cache",
               run.faults(["198.18.0.1\tfrom.the.snapshot", "198.18.0.2\thost-2.example.net"]))

    rows = folder / "rows.tsv"
    rows.write_text("".join(f"{row}\n" for row in rows_of(truth)))
    tap.result("what is printed is a snapshot that gives the same again",
               Run(program, truth, "--names", str(rows)).faults(rows_of(truth)))

    for name, octets in (("text", b"no cache but a text of some length\n" * 100),
                         ("cut", pathlib.Path(cache).read_bytes()[:20000]),
                         ("overwritten", pathlib.Path(cache).read_bytes()[:8192] + b"\xff" * 20000)):
        broken = folder / f"{name}.cache"
        broken.write_bytes(octets)
        run = Run(program, ["198.18.0.1"], "--cache", str(broken))
        faults = run.faults([], exit_code=1)
        if str(broken) not in run.said or "damaged" not in run.said:
            faults.append(run.said)
        if broken.read_bytes() != octets:
            faults.append("the file was changed")
        tap.result(f"a broken cache ({name}) is refused by name and left as it was", faults)


def check_servers_that_are_none(tap, program, port):
    addresses = [f"198.18.1.{number}" for number in range(200)]
    with nsd_run.swallowing(None, b"") as (silent, arrivals):
        run = Run(program, addresses, *FAST, server=silent)
        faults = run.faults([], exit_code=1)
        if run.seconds > 5 or "no server does its work" not in run.said:
            faults.append(f"{run.seconds:.1f} s: {run.said}")
        tap.result("a server that never answers makes nobody UNREACH, and holds up nobody for long", faults)

        run = Run(program, addresses, *FAST, "--server", f"127.0.0.1:{silent}", server=port)
        truth = [f"{each}\t" + ("NXDOMAIN" if number % 4 == 3 else f"host-{256 + number}.example.net")
                 for number, each in enumerate(addresses)]
        tap.result("where one of two servers never answers, the other one knows", run.faults(truth))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        closed = taken.getsockname()[1]
    run = Run(program, addresses, *FAST, server=closed)
    tap.result("a server that is not there makes nobody UNREACH", run.faults([], exit_code=1))
    run = Run(program, [f"198.19.4.{number}" for number in range(100)], *FAST, server=port)
    tap.result("a server that only refuses us makes nobody UNREACH", run.faults([], exit_code=1))
    run = Run(program, [f"198.19.3.{number}" for number in range(100)], *FAST, server=port)
    tap.result("a server that only fails makes nobody UNREACH", run.faults([], exit_code=1))


def check_names_that_read_like_none(tap, program, folder):
    faults = []
    for name in ("NXDOMAIN", "UNREACH"):
        with nsd_run.answering(name.encode()) as port:
            run = Run(program, ["192.0.2.1"], *FAST, server=port)
        faults += run.faults([f"192.0.2.1\t{name}."])
        snapshot = folder / "none.tsv"
        snapshot.write_text("\n".join(run.rows))
        faults += Run(program, ["192.0.2.1"], "--names", str(snapshot)).faults([f"192.0.2.1\t{name}."])
    tap.result("a name that reads like none keeps its dot, by which the snapshot knows it", faults)


def check_silence(tap, program, truth, port):
    with nsd_run.swallowing(port, SILENT) as (way, _):
        # NSD refuses to say anything of arpa, by which the server is probed; a name vouches for it.
        some = {address: truth[address] for address in ("198.19.6.1", "198.18.0.1", "198.19.6.2", "198.19.5.1")}
        run = Run(program, some, "--rate", "20", "--timeout", "0.4", server=way)
        tap.result("an authority that is silent is UNREACH where its server answers other questions",
                   run.faults(rows_of(some)))


def check_signal(tap, program, truth, port, folder):
    addresses = list(truth)[:1000]
    for name, sent, code in (("Ctrl-C", signal.SIGINT, 3), ("a kill", signal.SIGKILL, -9)):
        cache = str(folder / f"{code}.cache")
        words = [program, "resolve", "--cache", cache, "--rate", "200", "--network-rate", "0",
                 "--server", f"127.0.0.1:{port}"]
        with children.start(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            text=True) as process:
            process.stdin.write("".join(f"{address}\n" for address in addresses))
            process.stdin.close()
            time.sleep(2.5)
            process.send_signal(sent)
            rows = process.stdout.read().splitlines()
            said = process.stderr.read()
            process.wait(10)
        faults = [f"{row!r} is not what the zones say" for row in rows if row not in rows_of(truth)]
        if process.returncode != code:
            faults.append(f"exit code {process.returncode}, not {code}: {said}")
        if sent == signal.SIGINT and not 100 < len(rows) < 900:
            faults.append(f"{len(rows)} rows were printed")
        kept = Run(program, addresses, "--cache", cache)
        faults += [f"{row!r} was kept, not what the zones say" for row in kept.rows if row not in rows_of(truth)]
        if len(kept.rows) < max(len(rows), 100):
            faults.append(f"{len(kept.rows)} rows were kept of {len(rows)} printed: {kept.said}")
        tap.result(f"{name} leaves a whole cache with what was resolved until then", faults)


def check_words(tap, program):
    run = Run(program, ["198.18.0.1"])
    tap.result("nobody to ask is a usage error", run.faults([], exit_code=2))
    run = Run(program, ["# comment", "", "198.18.0.1 and more", "no address", "1.2.3"], "--cache", "/dev/null/x")
    tap.result("a cache that cannot be opened is told by name", run.faults([], exit_code=1)
               + ([] if "/dev/null/x" in run.said else [run.said]))


def check_lines(tap, program, port):
    run = Run(program, ["# comment", "", "198.18.0.1 and more", "no address", "198.18.0.1", "1.2.3"], *FAST, server=port)
    faults = run.faults(["198.18.0.1\thost-1.example.net"] * 2, exit_code=3)
    if "standard input:4: no IP address; 2 such lines were left out" not in run.said:
        faults.append(run.said)
    tap.result("lines without an address are told and left out", faults)


def main():
    program = sys.argv[1]
    if nsd_run.NSD is None:
        return skip_all("Debian's nsd is not there; tools/setup installs it")
    tap = Tap()
    check_words(tap, program)
    with tempfile.TemporaryDirectory(prefix="echotap-nsd-") as name:
        folder = pathlib.Path(name)
        truth = make_zones.write(folder)
        with nsd_run.nsd(folder) as port:
            with nsd_run.swallowing(port, SILENT) as (way, _):
                check_answers(tap, program, truth, way)
                check_cache(tap, program, truth, way, folder)
            check_servers_that_are_none(tap, program, port)
            check_names_that_read_like_none(tap, program, folder)
            check_silence(tap, program, truth, port)
            check_signal(tap, program, truth, port, folder)
            check_lines(tap, program, port)
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
