#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The files of tools/mmdb_writer.py, read back by libmaxminddb: geo_files_test.py GEO_ROWS CACHE_FOLDER.

The small files of this folder must be made again octet for octet. Then the full-size ones of tools/make_geo, where
Debian's libloc is: 200,000 addresses must be where libloc itself says they are. Results are TAP.
"""

import ipaddress
import pathlib
import random
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import geo_run  # noqa: E402
import make_geo_files  # noqa: E402
import mmdb_writer  # noqa: E402
from tap import Tap  # noqa: E402

DATABASE = "/usr/share/libloc-location/location.db"


def check_reproduction(tap):
    made = make_geo_files.contents()
    tap.result("make_geo_files.py makes every file again as it is",
               [f"{name} differs: run make_geo_files.py and look at the difference" for name, octets in made.items()
                if not (HERE / name).exists() or (HERE / name).read_bytes() != octets])
    here = {path.name for path in HERE.iterdir() if path.suffix in (".mmdb", ".tsv")}
    tap.result("nothing else is here", [f"{name} is made by nobody" for name in sorted(here - set(made))])


def check_small_files(tap, program):
    chance = random.Random(1)
    for name, (networks, _, has_country, has_as, ip_version, _) in make_geo_files.FILES.items():
        if not has_country and not has_as:
            continue
        slow, addresses = geo_run.Networks(), []
        for network, country, number in networks:
            slow.add(network, (country if has_country and country else "-", str(number) if has_as and number else "-"))
            edges = [int(network.network_address), int(network.broadcast_address)]
            size = 1 << network.max_prefixlen
            kind = type(network.network_address)
            addresses += [kind((edge + step) % size) for edge in edges for step in (-1, 0, 1)]
        addresses += [ipaddress.IPv4Address(chance.getrandbits(32)) for _ in range(1000)]
        addresses += [ipaddress.IPv6Address(chance.getrandbits(128)) for _ in range(100)]
        # ::/96 is where a file has its IPv4 networks, and no address of the wire.
        addresses = [each for each in addresses if each.version == 4 or int(each) >> 32 not in (0, 0xFFFF)]
        expected = {str(each): slow.find(each, ("-", "-")) if ip_version == 6 or each.version == 4 else ("-", "-")
                    for each in addresses}
        path = str(HERE / f"{name}.mmdb")
        found = geo_run.run(program, path if has_country else None, path if has_as else None, addresses)
        tap.result(f"{name}.mmdb says what its networks say", geo_run.differences(found, expected))


def check_sizes_of_values(tap):
    """Values of every size class of the format come back through their own decoder: their control octets are right."""
    faults = []
    for size in (0, 1, 28, 29, 284, 285, 65820, 65821, 70000):
        encoder = mmdb_writer.Encoder()
        encoder.append("x" * size)
        head = {29: 2, 30: 3, 31: 4}.get(encoder.octets[0] & 31, 1)
        if len(encoder.octets) != head + size:
            faults.append(f"a text of {size} octets takes {len(encoder.octets)}")
    tap.result("texts of every size class are written whole", faults)


def check_full_size(tap, program, cache):
    name = "make_geo's files say what libloc says, of 200,000 addresses"
    try:
        import location
        database = location.Database(DATABASE)
    except (ImportError, OSError) as error:
        tap.skip(name, f"Debian's libloc is not there ({error}); tools/setup installs it")
        return
    made = subprocess.run([str(HERE.parents[1] / "tools" / "make_geo"), "--output", cache], capture_output=True,
                          text=True, timeout=600, check=False)
    print(*(f"# {line}" for line in (made.stdout + made.stderr).splitlines()), sep="\n")
    if made.returncode != 0:
        tap.result(name, ["make_geo failed"])
        return
    chance = random.Random(7)
    networks = [ipaddress.ip_network(str(each)) for each in database.networks if chance.random() < 0.06]
    addresses = {ipaddress.IPv4Address(chance.getrandbits(32)) for _ in range(50_000)}
    for network in chance.sample(networks, 50_000):
        kind = type(network.network_address)
        addresses |= {kind(edge) for edge in (int(network.network_address), int(network.broadcast_address),
                                              int(network.broadcast_address) + 1) if edge < 1 << network.max_prefixlen}
    expected = {}
    for address in sorted(addresses, key=lambda each: (each.version, each)):
        try:
            place = database.lookup(str(address))
        except OSError:  # how some versions say that they do not know
            place = None
        expected[str(address)] = ((place.country_code or "-", str(place.asn or "-")) if place else ("-", "-"))
    files = [str(pathlib.Path(cache, name)) for name in ("country.mmdb", "as.mmdb")]
    found = geo_run.run(program, *files, expected)
    known = sum(value != ("-", "-") for value in expected.values())
    print(f"# {len(expected)} addresses, {known} of them known")
    tap.result(name, geo_run.differences(found, expected) + (["hardly any is known"] if known < 100_000 else []))


def main():
    program, cache = sys.argv[1:]
    tap = Tap()
    check_reproduction(tap)
    check_small_files(tap, program)
    check_sizes_of_values(tap)
    check_full_size(tap, program, cache)
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
