#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the corpus of the name_matcher fuzzer: names on both sides of every reading, alone and many together."""

import ipaddress
import pathlib


def asked(names, address=None):
    """The fuzzer's input: a kind octet, the address, the names."""
    packed = ipaddress.ip_address(address).packed if address else b""
    kind = {0: 0, 4: 1, 16: 2}[len(packed)]
    return bytes([kind]) + packed + "\n".join(names).encode("latin-1")


INPUTS = {
    "printed": asked(["home1-2-3-4.example.com", "mail.example.com", "ns.example.com", "mail-ns.example.com",
                      "mail.ns.example.com", "ns.mail.example.com", "pop-1-2-3-4.isp.example", "pop.example.com"],
                     "1.2.3.4"),
    "no_address": asked(["home1-2-3-4.example.com", "mx1.example.com", "resolver.example.com", "sendgrid7.example.com"]),
    "octets": asked(["4.3.2.1.pool.example.com", "host001002003004.example.com", "host1234.example.com",
                     "ip-1-3.example.com", "p01020304.dsl.example.com", "11-2.cable.example.com"], "1.2.3.4"),
    "zeros": asked(["host-0-0.example.com", "host000.example.com", "ip-10-0.example.com"], "10.0.0.0"),
    "nibbles": asked(["4.3.2.1.8.b.d.0.pool.example.com", "ip20010db812345678.example.com", "cable2001-db8.example.com",
                      "dyn-1234-db8.dynamic.example.com", "0-0.host.example.com"], "2001:db8:1234:5678::1"),
    "providers": asked(["a.akamai.net", "dns1.akamai.net", "notakamai.net", "x.compute.amazonaws.com.cn", "1e100.net",
                        "a.1e200.net", "a.cloudapp.net"]),
    "ranges": asked(["a.example.com", "mail.example.com", "a.akamai.net", ""], "74.125.0.1"),
    "range_of_v6": asked(["a.example.com", "www.example.com"], "2a00:1450:4000::1"),
    "public_ends": asked(["1-2.example.net", "1-2.example.net.au", "gov.ns.ca", "x.mail.pl", "mail", "mail.", "co.uk",
                          "2.1.in-addr.arpa", "1-2.net.au.example"], "1.2.3.4"),
    "escapes": asked(["\\109ail.example.com", "foo\\.mail.example.com", "a.akamai\\.net", "mail\\", "\\300.ns.example.com",
                      "mail\\.com", "\\m\\a\\i\\l.x.com"]),
    "odd_octets": asked(["\xffmail\x00.example.com", " mail .EXAMPLE.NET", "..mail..example.com..", ".", ""]),
    "marks": asked([". akamai .NET", " akamai NET", "x mail ", "MAIL.EXAMPLE.COM"]),
    "long": asked(["mail." + "a" * 250, "mail." + "a" * 251, "m." * 127 + "ns.x", "\\097" * 70 + ".mail.com"]),
    "many": asked(["mail%d.example.com" % i for i in range(200)]),
}

folder = pathlib.Path(__file__).parent / "name_matcher"
folder.mkdir(exist_ok=True)
for name, octets in INPUTS.items():
    (folder / name).write_bytes(octets)
