#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the corpus of the ip_address fuzzer: texts on both sides of every rule of RFC 4291 and RFC 5952."""

import pathlib

TEXTS = {
    "v4": "192.0.2.1",
    "v4_zero": "0.0.0.0",
    "v4_leading_zero": "192.0.02.1",
    "v4_large_octet": "192.0.2.256",
    "v4_prefix": "192.0.2.0/25",
    "v4_prefix_host_bits": "192.0.2.1/24",
    "v6": "2001:db8:1:2:3:4:5:6",
    "v6_unspecified": "::",
    "v6_two_runs": "1:0:0:2:0:0:3:4",
    "v6_single_zero": "2001:db8:0:1:1:1:1:1",
    "v6_mapped": "::ffff:192.0.2.1",
    "v6_compatible": "::192.0.2.1",
    "v6_upper_case": "2001:DB8::ABCD",
    "v6_two_gaps": "1::2::3",
    "v6_longest": "1111:2222:3333:4444:5555:6666:255.255.255.255",
    "v6_prefix": "2001:db8::/32",
    "v6_prefix_too_long": "::/129",
    "nothing": "",
    "inner_zero": "1.2.3\0.4",
    "sixteen_octets": "\0\0\0\0\0\0\0\0\0\0\0\0\x7f\0\0\1",
}

folder = pathlib.Path(__file__).parent / "ip_address"
folder.mkdir(exist_ok=True)
for name, text in TEXTS.items():
    (folder / name).write_bytes(text.encode("latin-1"))
