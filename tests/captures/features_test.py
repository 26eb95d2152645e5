#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs `echotap features` on small captures and on generated worlds, and compares every feature with the reference,
which computes them slowly. Usage: features_test.py PROGRAM; results are TAP. ECHOTAP_LONG=1: more worlds.
"""

import csv
import decimal
import ipaddress
import json
import math
import os
import pathlib
import random
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parent / "reference"), str(HERE.parents[1] / "tools")]

import features_reference as reference  # noqa: E402
import files  # noqa: E402
import mmdb_writer  # noqa: E402
import wire  # noqa: E402
from tap import Tap  # noqa: E402

CAPTURES = ("reverse_names.pcap", "link_ethernet.pcap", "fragments_ipv4.pcap", "tcp_many.pcap", "ip_headers.pcap")
START = 1_700_000_000
FEATURES = (*reference.CATEGORIES, *reference.DYNAMIC, *reference.OURS)
NAMES = ("mail.{n}.example.com", "mx{n}.example.net", "ns{n}.example.com", "ns-mail.example.org", "fw.example.com",
         "{a}-{b}-{c}-{d}.dsl.example.net", "host-{d}-{c}-{b}-{a}.example.com", "pop.example.com", "www.example.com",
         "ntp{n}.example.com", "ironport.example.com", "gate.example.net", "a{n}.deploy.akamaitechnologies.com",
         "ec2-{n}.compute-1.amazonaws.com", "x{n}.cloudapp.net", "rate-limited-proxy-{n}.google.com",
         "sendgrid{n}.example.com", "ADSL-{n}.Example.COM", "NXDOMAIN", "NXDOMAIN", "UNREACH")


def echotap(program, *words):
    done = subprocess.run([program, *map(str, words)], cwd=HERE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=300, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, words))}: exit code {done.returncode}: {done.stderr.decode()}")
    return done.stdout.decode()


def features(program, *words):
    return list(csv.DictReader(echotap(program, "features", "--quiet", "--format", "csv", *words).splitlines()))


def text_of(network):
    return str(network.network_address) if network.prefixlen == network.max_prefixlen else str(network)


def differences(rows, world, networks):
    faults = []
    if [row["originator"] for row in rows] != [text_of(network) for network in networks]:
        return [f"{len(rows)} originators, not {len(networks)}, or in another order"]
    for row, network in zip(rows, networks):
        expected = world.features(network)
        asked = world.found[network]
        if (int(row["footprint"]), int(row["queries"])) != (len(asked.queriers), asked.queries):
            faults.append(f"{network}: footprint {row['footprint']}, queries {row['queries']}")
        for name in FEATURES:
            found, wanted = row[name], expected[name]
            if (found == "") != (wanted is None) or (wanted is not None and not math.isclose(
                    float(found), wanted, rel_tol=1e-9, abs_tol=1e-9)):
                faults.append(f"{network}: {name} is {found}, not {wanted}")
    return faults[:20]


def check_capture(program, capture):
    """Of everybody, as `echotap queries` finds them."""
    lines = echotap(program, "queries", "--quiet", capture).splitlines()
    world = reference.World(reference.counted(reference.read_queries(lines)), {}, reference.Networks())
    rows = features(program, "--min-queriers", 1, "--min-queriers-v6", 1, capture)
    return differences(rows, world, world.ranked(1, 1))


class Generated:
    """Two days and a bit at an authority, some networks and names, and all of it as files."""

    def __init__(self, seed, folder):
        self.random = random.Random(seed)
        self.networks = self.make_networks()
        queriers = [self.querier() for _ in range(400)]
        self.names = {each: self.name(each) for each in queriers if self.random.random() < 0.9}
        self.minimising = set(self.random.sample(queriers, 60))
        self.queries = self.make_queries(queriers)
        self.write(folder)

    def make_networks(self):
        lines = []
        for number in range(60):
            base = ipaddress.ip_network((f"{self.random.randrange(1, 224)}.{self.random.randrange(256)}.0.0",
                                         self.random.choice((10, 14, 16))), strict=False)
            country = self.random.choice(("DE", "JP", "BR", "US", "ZA", "-"))
            lines.append(f"{base}\t{country}\t{self.random.choice((64500 + number % 23, '-'))}")
        for number in range(12):
            lines.append(f"2001:{0xd00 + number:x}::/32\t{self.random.choice(('FR', 'IN', '-'))}\t{64600 + number % 7}")
        return list({line.split("\t")[0]: line for line in lines}.values())

    def querier(self):
        network = ipaddress.ip_network(self.random.choice(self.networks).split("\t")[0])
        if self.random.random() < 0.2:
            return ipaddress.ip_address(self.random.randrange(2**24, 224 * 2**24))
        # A few sites in each network, so that some have several queriers.
        site = self.random.randrange(4) << (8 if network.version == 4 else 80)
        return network.network_address + site + self.random.randrange(1, 250)

    def name(self, address):
        octets = str(address).split(".") if address.version == 4 else ("1", "2", "3", "4")
        return self.random.choice(NAMES).format(n=self.random.randrange(100), **dict(zip("abcd", octets)))

    def make_queries(self, queriers):
        originators = [ipaddress.ip_address(f"203.0.113.{number}") for number in range(30)]
        originators += [ipaddress.ip_address(f"2001:db8:{site}:{net}::{host}") for site in range(3) for net in range(2)
                        for host in range(1, 4)]
        # Somebody always asks: the program does not believe a first frame that is hours after the one before.
        queries = [(minute * 300, originators[-1], self.random.choice(queriers)) for minute in range(190_000 // 300)]
        for originator in originators:
            crowd = self.random.sample(queriers, self.random.choice((2, 6, 19, 20, 21, 60, 200)))
            begin, length = self.random.random() * 150_000, self.random.choice((600, 40_000, 190_000))
            for querier in crowd:
                for _ in range(self.random.choice((1, 1, 2, 5))):
                    time = begin + self.random.random() * min(length, 190_000 - begin)
                    queries.append((time, originator, querier))
                    # At 29.999999 s a repeat, at 30 s none.
                    gaps = self.random.choice(((), (29.999999,), (30,), (12, 31)))
                    queries += [(time + gap, originator, querier) for gap in gaps]
        micros = sorted((round(time * 1e6), str(originator), str(querier)) for time, originator, querier in queries)
        return [(START * 10**6 + time, originator, querier) for time, originator, querier in micros]

    def write(self, folder):
        frames = []
        for time, originator, querier in self.queries:
            payload = wire.query(originator)
            authority = "192.0.2.53" if ":" not in querier else "2001:db8:2::53"
            frames.append((time * 1000, wire.ether(wire.udp(querier, authority, payload)), None))
        for querier in self.minimising:
            authority = "192.0.2.53" if querier.version == 4 else "2001:db8:2::53"
            payload = wire.message(wire.question(wire.name("2.0.192.in-addr.arpa")))
            middle = len(frames) // 2
            frame = wire.ether(wire.udp(str(querier), authority, payload))
            frames.insert(middle, (frames[middle][0], frame, None))
        frames = [(time, octets, len(octets)) for time, octets, _ in frames]
        names = ("world.pcap", "names.tsv", "country.mmdb", "as.mmdb", "world.window")
        self.paths = {name: folder / name for name in names}
        self.paths["world.pcap"].write_bytes(files.pcap(frames))
        self.paths["names.tsv"].write_text("".join(f"{address}\t{name}\n" for address, name in self.names.items()))
        known = reference.Networks(self.networks).known
        for name, which, record in (("country.mmdb", 0, lambda value: {"country": {"iso_code": value}}),
                                    ("as.mmdb", 1, lambda value: {"autonomous_system_number": value})):
            networks = [(network.version, int(network.network_address), network.prefixlen,
                         None if each[which] is None else record(each[which])) for network, each in known.items()]
            self.paths[name].write_bytes(mmdb_writer.mmdb(networks, database_type="Test", description="Test",
                                                          build_epoch=START))

    def world(self):
        exact = [(decimal.Decimal(time) / 10**6, ipaddress.ip_address(originator), ipaddress.ip_address(querier))
                 for time, originator, querier in self.queries]
        periods = [math.floor(time / 600) for time, _, _ in exact]
        # Those who only send minimised names are in no originator's row and in no total.
        return reference.World(reference.counted(exact), self.names, reference.Networks(self.networks), min(periods),
                               max(periods), self.minimising)

    def words(self):
        return ("--names", self.paths["names.tsv"], "--country", self.paths["country.mmdb"],
                "--as", self.paths["as.mmdb"])


def check_world(program, seed, folder):
    generated = Generated(seed, folder)
    world = generated.world()
    rows = features(program, *generated.words(), generated.paths["world.pcap"])
    networks = world.ranked()
    faults = differences(rows, world, networks)
    kinds = {(network.version, network.prefixlen) for network in networks}
    if kinds != {(4, 32), (6, 128), (6, 64), (6, 48)}:
        faults.append(f"the world has only {kinds}")
    return faults, generated, rows


def check_forms(program, generated, rows):
    """Windows in files, other formats, fewer rows and any workers say the same."""
    faults = []
    capture, window = generated.paths["world.pcap"], generated.paths["world.window"]
    echotap(program, "window", "--quiet", "-o", window, capture)
    if features(program, *generated.words(), window) != rows:
        faults.append("a window in a file has other features than its capture")
    if features(program, *generated.words(), "--workers", 3, capture) != rows:
        faults.append("three workers find other features")
    if features(program, *generated.words(), "--top", 7, window) != rows[:7]:
        faults.append("--top 7 is not the first seven")
    lines = echotap(program, "features", "--quiet", "--format", "jsonl", *generated.words(), window).splitlines()
    for line, row in zip(lines, rows, strict=True):
        found = json.loads(line)
        if found["originator"] != row["originator"] or any(
                ("" if value is None else value) != (row[name] and float(row[name]))
                for name, value in found["features"].items()) or tuple(found["features"]) != FEATURES:
            faults.append(f"JSON and CSV differ: {line}")
    table = echotap(program, "features", "--quiet", *generated.words(), window)
    faults += [f"over 80 columns: {line}" for line in table.splitlines() if len(line) > 80]
    sampled = [json.loads(line) for line in
               echotap(program, "features", "--quiet", "--format", "jsonl", "--sample", 64, capture).splitlines()]
    if not any(row["sampled"] and "local_entropy" in row["intervals"] for row in sampled):
        faults.append("no intervals where queriers are a sample")
    return faults[:20]


def check_missing(program, capture):
    """What is not known is empty, and the program says so."""
    done = subprocess.run([program, "features", "--format", "csv", "--min-queriers", "1", str(capture)], cwd=HERE,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60, check=False)
    said = done.stderr.decode()
    row = next(csv.DictReader(done.stdout.decode().splitlines()))
    faults = [f"{option} is not said to be missing" for option in ("--names", "--country", "--as")
              if option not in said]
    faults += [f"{name} is {row[name]}" for name in (*reference.CATEGORIES, "unique_ases", "queriers_per_country")
               if row[name]]
    bad = subprocess.run([program, "features", "--names", "/nowhere/names.tsv", str(capture)], cwd=HERE,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60, check=False)
    if bad.returncode != 1 or b"/nowhere/names.tsv" not in bad.stderr:
        faults.append(f"a missing file of names: exit code {bad.returncode}, {bad.stderr.decode()}")
    return faults


def main():
    program = str(pathlib.Path(sys.argv[1]).resolve())
    tap = Tap()
    for capture in CAPTURES:
        tap.result(f"{capture}: features of every originator", check_capture(program, capture))
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(1, 41 if os.environ.get("ECHOTAP_LONG") else 4):
            faults, generated, rows = check_world(program, seed, pathlib.Path(folder))
            tap.result(f"generated world {seed}: {len(rows)} originators", faults)
        tap.result("forms", check_forms(program, generated, rows))
        tap.result("missing parts", check_missing(program, "reverse_names.pcap"))
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
