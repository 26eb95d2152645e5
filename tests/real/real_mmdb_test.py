#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The files of others: MaxMind's test files beside their sources, and its deliberately broken ones.

Usage: real_mmdb_test.py GEO_ROWS. Results are TAP. The folder is found as real_captures_test.py finds it; README.md says
what it holds. A broken file must be refused with a message that names it; crashes and sanitizers' findings fail.
"""

import ipaddress
import json
import lzma
import os
import pathlib
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
sys.path.insert(0, str(HERE.parent / "geo"))

import geo_run  # noqa: E402
from tap import Tap, skip_all  # noqa: E402

# Files with sources, and whether they have countries and AS numbers.
SOURCES = {"GeoLite2-ASN-Test": (False, True), "GeoLite2-City-Test": (True, False),
           "GeoLite2-Country-Test": (True, False), "GeoIP2-Enterprise-Test": (True, True)}


def fields(record, has_country, has_as):
    country = record.get("country", {}).get("iso_code") or record.get("registered_country", {}).get("iso_code")
    number = record.get("autonomous_system_number") or record.get("traits", {}).get("autonomous_system_number")
    return (country if has_country and country else "-", str(number) if has_as and number else "-")


def check_source(program, real, name, has_country, has_as):
    slow, addresses = geo_run.Networks(), []
    for row in json.loads((real / "expected" / "mmdb" / f"{name}.json").read_text(encoding="utf-8")):
        for text, record in row.items():
            network = ipaddress.ip_network(text, strict=False)
            low = int(network.network_address)
            # MaxMind writes IPv4 networks of its sources as ::a.b.c.d/96+n, too.
            if network.version == 6 and low >> 32 == 0 and network.prefixlen >= 96:
                network = ipaddress.IPv4Network((low, network.prefixlen - 96))
            slow.add(network, fields(record, has_country, has_as))
            addresses += [network.network_address, network.broadcast_address]
    expected = {str(each): slow.find(each, ("-", "-")) for each in addresses}
    path = str(real / "mmdb" / "maxmind-test" / f"{name}.mmdb")
    found = geo_run.run(program, path if has_country else None, path if has_as else None, addresses)
    return geo_run.differences(found, expected)


def check_full_size(program, real):
    """IPFire's database of another day, written by MaxMind's own writer, beside libloc's answers."""
    rows = [line.split("\t") for line in
            (real / "expected" / "mmdb" / "ipfire-20260822-lookups.tsv").read_text(encoding="utf-8").splitlines()[1:]]
    # MaxMind's writer puts the IPv4 tree under 6to4 and Teredo, too, and leaves reserved networks out.
    apart = [ipaddress.ip_network(text) for text in ("2002::/16", "2001::/32", "2001:db8::/32", "198.51.100.0/24")]
    expected = {}
    for address, number, country, *_ in rows:
        parsed = ipaddress.ip_address(address)
        parsed = getattr(parsed, "ipv4_mapped", None) or parsed
        if not any(parsed.version == each.version and parsed in each for each in apart):
            expected[str(parsed)] = (country if country.isalnum() else "-", number if number.strip("0-") else "-")
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for kind in ("Country", "ASN"):
            paths.append(os.path.join(folder, kind + ".mmdb"))
            pathlib.Path(paths[-1]).write_bytes(lzma.decompress((real / "mmdb" / f"ipfire-20260822-{kind}.mmdb.xz").read_bytes()))
        found = geo_run.run(program, *paths, expected)
    print(f"# {len(expected)} addresses")
    return geo_run.differences(found, expected)


def check_broken(program, path):
    faults = []
    for files in ((str(path), None), (None, str(path))):
        try:
            geo_run.run(program, *files, ["1.1.1.1", "2001:200::1"])
            faults.append("was taken")
        except RuntimeError as error:
            if not str(error).startswith(f"exit code 1: {path} ") or "Sanitizer" in str(error):
                faults.append(str(error))
    return faults


def main():
    program = sys.argv[1]
    default = HERE.parent.parent.parent / "shared" / "real"
    real = pathlib.Path(os.environ.get("ECHOTAP_REAL_CAPTURES", default))
    if not (real / "mmdb").is_dir():
        return skip_all(f"the real .mmdb files are not there ({real}); ECHOTAP_REAL_CAPTURES may name another folder")
    tap = Tap()
    for name, (has_country, has_as) in SOURCES.items():
        tap.result(f"{name}.mmdb says what its source says", check_source(program, real, name, has_country, has_as))
    tap.result("files of full size by another writer say what libloc says", check_full_size(program, real))
    for path in sorted((real / "mmdb" / "maxmind-bad").iterdir()):
        tap.result(f"{path.name} is refused", check_broken(program, path))
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
