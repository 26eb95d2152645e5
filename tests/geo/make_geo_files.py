#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the small .mmdb files of this folder, and beside each a .tsv with the networks that it holds.

The addresses are those of no real network's fame, the AS numbers are for documentation (RFC 5398). A row of a .tsv is
`network country as`, `-` where the file says nothing; the longest prefix decides.
"""

import ipaddress
import pathlib
import random
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE.parents[1] / "tools"))

import mmdb_writer  # noqa: E402

COUNTRIES = ["AU", "BR", "DE", "FR", "IN", "JP", "US", "ZA"]
BUILD_EPOCH = 1_600_000_000


def maxmind_country(country, number):
    return {"continent": {"code": "XX"}, "country": {"geoname_id": number, "iso_code": country, "is_in_european_union":
            country in ("DE", "FR")}, "registered_country": {"iso_code": "US"}}


def registered_only(country, number):
    return {"registered_country": {"iso_code": country}, "traits": {"autonomous_system_number": number}}


def maxmind_as(country, number):
    return {"autonomous_system_number": number, "autonomous_system_organization": f"Network {number} of {country}"}


def ipinfo(country, number):
    return {"as_domain": "example.net", "asn": f"AS{number}", "country": "Country " + country, "country_code": country}


def old_ipinfo(country, number):
    return {"asn": str(number), "country": country.lower()}


def random_networks(seed, count, versions):
    """Networks that lie in each other, touch, repeat, and hide what is around them: (network, country, as or None)."""
    chance = random.Random(seed)
    rows = []
    while len(rows) < count:
        version = chance.choice(versions)
        bits = 32 if version == 4 else 128
        length = chance.randint(4, 32) if version == 4 else chance.choice([20, 29, 32, 36, 40, 44, 48, 56, 64, 128])
        # The upper bits come from a small set, so that networks meet.
        first = chance.choice([0x0B, 0x0C, 0x64]) << 24 if version == 4 else 0x2A << 120 | chance.randrange(4) << 100
        first |= chance.getrandbits(bits - 8 if version == 4 else 98)
        first = first >> (bits - length) << (bits - length)
        network = (ipaddress.IPv4Network if version == 4 else ipaddress.IPv6Network)((first, length))
        known = chance.random() < 0.8
        rows.append((network, chance.choice(COUNTRIES) if known else None, chance.randint(64496, 64511) if known else None))
        if version == 4 and length < 32 and chance.random() < 0.3:
            half = next(network.subnets())
            rows.append((half, *rows[-1][1:]))
    return rows


# name: (networks, record of a network, whether it has countries, AS numbers, IP version, record size)
FILES = {
    "country_v6_24": (random_networks(1, 300, (4, 6)), maxmind_country, True, False, 6, 24),
    "registered_v6_28": (random_networks(2, 300, (4, 6)), registered_only, True, True, 6, 28),
    "as_v6_32": (random_networks(3, 300, (4, 6)), maxmind_as, False, True, 6, 32),
    "as_v4_24": (random_networks(4, 200, (4,)), maxmind_as, False, True, 4, 24),
    "ipinfo_v6_24": (random_networks(5, 200, (4, 6)), ipinfo, True, True, 6, 24),
    "old_ipinfo_v4_28": (random_networks(6, 200, (4,)), old_ipinfo, True, True, 4, 28),
    "everything": ([(ipaddress.IPv6Network("::/0"), "DE", 64496), (ipaddress.IPv4Network("0.0.0.0/0"), "DE", 64496)],
                   ipinfo, True, True, 6, None),
    "nothing_known": ([(ipaddress.IPv4Network("11.0.0.0/8"), "DE", 64496)],
                      lambda country, number: {"city": country}, False, False, 4, None),
}


def contents():
    """Name of every file, and its octets."""
    made = {}
    for name, (networks, record, has_country, has_as, ip_version, record_size) in FILES.items():
        made[name + ".mmdb"] = mmdb_writer.mmdb(
            ((network.version, int(network.network_address), network.prefixlen, record(country, number) if country else None)
             for network, country, number in networks),
            database_type=f"Test-{name}", description="Made by make_geo_files.py", build_epoch=BUILD_EPOCH,
            ip_version=ip_version, record_size=record_size)
        last = {network: (country, number) for network, country, number in networks}
        made[name + ".tsv"] = "".join(
            f"{network}\t{country if has_country and country else '-'}\t{number if has_as and number else '-'}\n"
            for network, (country, number) in sorted(last.items(), key=lambda row: (row[0].version, row[0]))).encode()
    return made


def main():
    for name, octets in contents().items():
        (HERE / name).write_bytes(octets)


if __name__ == "__main__":
    main()
