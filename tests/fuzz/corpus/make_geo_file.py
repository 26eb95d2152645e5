#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the corpus of geo_file_fuzz: small .mmdb files of every kind, whole and damaged in telling ways."""

import ipaddress
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE.parents[2] / "tools"))
sys.path.insert(0, str(HERE.parents[1] / "geo"))

import make_geo_files  # noqa: E402
import mmdb_writer  # noqa: E402


def small(record, versions, ip_version, record_size):
    networks = make_geo_files.random_networks(9, 6, versions)
    return mmdb_writer.mmdb(
        [(network.version, int(network.network_address), network.prefixlen, record(country, number) if country else None)
         for network, country, number in networks],
        database_type="Fuzz", description="", build_epoch=1, ip_version=ip_version, record_size=record_size)


def one(value, record_size=24):
    everything = ipaddress.IPv4Network("0.0.0.0/0")
    return mmdb_writer.mmdb([(4, int(everything.network_address), 0, value)], database_type="Fuzz", description="",
                            build_epoch=1, ip_version=4, record_size=record_size)


def contents():
    both = one({"country": {"iso_code": "DE"}, "asn": "AS64500"})
    language = both.index(b"languages\x01\x04") + 11  # there a pointer to "en"
    made = {
        "country_v6_24": small(make_geo_files.maxmind_country, (4, 6), 6, 24),
        "registered_v6_28": small(make_geo_files.registered_only, (4, 6), 6, 28),
        "as_v4_32": small(make_geo_files.maxmind_as, (4,), 4, 32),
        "ipinfo_v4_24": small(make_geo_files.ipinfo, (4,), 4, 24),
        "one_record": both,
        "as_of_every_type": one({"autonomous_system_number": mmdb_writer.U64(1 << 40), "asn": -5,
                                 "traits": {"autonomous_system_number": mmdb_writer.U16(64500)}}),
        "country_is_a_list": one({"country": ["DE", "FR"], "country_code": "FR"}),
        "long_texts": one({"country_code": "DE", "name": "x" * 300}),
        "empty": b"",
        "marker_only": mmdb_writer.METADATA_MARKER,
        "cut": both[:-5],
        "tree_in_circles": bytes(6) + both[6:],
        "record_out": b"\xff" * 6 + both[6:],
        # libmaxminddb 1.7.1 forgets to free what it read where languages are no texts.
        "languages_are_numbers": both[:language] + b"\xa1\x01" + both[language + 2:],
    }
    return {f"{name}.mmdb": octets for name, octets in made.items()}


def main():
    folder = HERE / "geo_file"
    folder.mkdir(exist_ok=True)
    for name, octets in contents().items():
        (folder / name).write_bytes(octets)


if __name__ == "__main__":
    main()
