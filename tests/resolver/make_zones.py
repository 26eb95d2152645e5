#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reverse zones for NSD, and the truth about them: make_zones.py FOLDER [NAMES].

Writes zone files, nsd.conf (but for its port: see nsd_run.py) and truth.tsv, the rows that `echotap resolve` must print:
a network with each kind of answer, and NAMES (default 1000) ordinary names in as many networks as they need.

    198.18.0.0/16   names, 256 in each /24; every fourth address has none
    198.19.1.0/24   odd names: several, aliases (RFC 2317), escapes, long and hostile ones, names that read like no names
    198.19.2.0/24   .1 has TXT but no PTR, .2 is an empty non-terminal: NODATA
    198.19.3.0/24   its zone file is missing: SERVFAIL
    198.19.4.0/24   no zone: REFUSED
    198.19.5.0/24   answers over 1,232 octets: truncated, then TCP
    198.19.6.0/24   names; what lies between the resolver and NSD swallows the questions: silent
    2001:db8::/32   IPv6
"""

import ipaddress
import pathlib
import sys

HEAD = "$TTL 3600\n@ IN SOA ns.example. hostmaster.example. 1 3600 600 86400 3600\n@ IN NS ns.example.\n"

LONG = ".".join(["a" * 63, "b" * 63, "c" * 63, "d" * 61])  # 255 octets on the wire

# Last octet: PTR targets as zone files write them, and the name that must come of them. The first in canonical order of
# several counts (readings A12; RFC 4034 section 6.3: the wire octets in lower case, lengths included).
ODD = {
    1: (["mail.example.net."], "mail.example.net"),
    2: (["b.example.net.", "aa.example.net.", "C.example.net."], "b.example.net"),
    3: (["\\009tab\\010feed\\032blank.example."], "\\009tab\\010feed\\032blank.example"),
    4: (["dot\\.in\\.label.example."], "dot\\.in\\.label.example"),
    5: (["\\200\\255.example."], "\\200\\255.example"),
    6: (["\\\"quoted\\\"\\;\\(x\\)\\@\\$\\\\x.example."], "\\\"quoted\\\"\\;\\(x\\)\\@\\$\\\\x.example"),
    7: (["nxdomain."], "nxdomain"),
    8: (["x."], "x"),
    9: (["."], "NXDOMAIN"),
    10: ([".", "real.example."], "real.example"),
    11: ([LONG + "."], LONG),
    12: (["CASE.Example.NET."], "case.example.net"),  # NSD's doing
    13: (["localhost."], "localhost"),
    14: (["<script>alert\\(1\\)</script>.example."], "<script>alert\\(1\\)</script>.example"),
}


def zone_of(network):
    """The name of the zone of an IPv4 network of whole octets."""
    octets = str(network.network_address).split(".")[:network.prefixlen // 8]
    return ".".join(reversed(octets)) + ".in-addr.arpa"


def zones(names):
    """({zone: text or None where its file is to be missing}, {address: row})."""
    made, truth = {}, {}
    net = lambda text: zone_of(ipaddress.ip_network(text))

    text = HEAD
    for number in range(names):
        address = ipaddress.IPv4Address("198.18.0.0") + number
        three, four = str(address).split(".")[2:]
        if number % 4 == 3:
            truth[str(address)] = "NXDOMAIN"
        else:
            text += f"{four}.{three} IN PTR host-{number}.example.net.\n"
            truth[str(address)] = f"host-{number}.example.net"
    made[net("198.18.0.0/16")] = text

    text = HEAD
    for number, (targets, name) in ODD.items():
        text += "".join(f"{number} IN PTR {target}\n" for target in targets)
        truth[f"198.19.1.{number}"] = name
    # RFC 2317; the alias leads to a name of the same zone, else NSD would leave following it to the resolver.
    text += "33 IN CNAME 33.32/27\n33.32/27 IN PTR aliased.example.\n"
    truth["198.19.1.33"] = "aliased.example"
    text += "34 IN CNAME 34.32/27\n34.32/27 IN CNAME again\nagain IN PTR twice.aliased.example.\n"
    truth["198.19.1.34"] = "twice.aliased.example"
    text += "35 IN CNAME nowhere\n"
    truth["198.19.1.35"] = "NXDOMAIN"
    truth["198.19.1.99"] = "NXDOMAIN"
    made[net("198.19.1.0/24")] = text

    made[net("198.19.2.0/24")] = HEAD + "1 IN TXT \"no name\"\nx.2 IN PTR deeper.example.\n"
    made[net("198.19.3.0/24")] = None
    for address, row in (("198.19.2.1", "NXDOMAIN"), ("198.19.2.2", "NXDOMAIN"), ("198.19.3.1", "UNREACH"),
                         ("198.19.3.2", "UNREACH"), ("198.19.4.1", "UNREACH")):
        truth[address] = row

    text = HEAD
    for number in (1, 2):
        text += "".join(f"{number} IN PTR {'x' * 40}-{each:03}.example.\n" for each in range(100 * number, 0, -1))
        truth[f"198.19.5.{number}"] = f"{'x' * 40}-001.example"
    made[net("198.19.5.0/24")] = text

    made[net("198.19.6.0/24")] = HEAD + "1 IN PTR never.heard.example.\n"
    truth["198.19.6.1"] = truth["198.19.6.2"] = "UNREACH"

    text = HEAD
    for number in range(1, 20):
        address = ipaddress.IPv6Address("2001:db8::53:0") + number
        owner = address.reverse_pointer.removesuffix(".8.b.d.0.1.0.0.2.ip6.arpa")
        text += f"{owner} IN PTR six-{number}.example.\n"
        truth[str(address)] = f"six-{number}.example"
    truth["2001:db8::1"] = "NXDOMAIN"
    made["8.b.d.0.1.0.0.2.ip6.arpa"] = text
    return made, truth


def write(folder, names=1000):
    """Returns {address: row}."""
    folder = pathlib.Path(folder)
    made, truth = zones(names)
    configuration = ""
    for zone, text in made.items():
        if text is not None:
            (folder / f"{zone}.zone").write_text(text)
        configuration += f"zone:\n  name: {zone}\n  zonefile: {folder}/{zone}.zone\n"
    (folder / "zones.conf").write_text(configuration)
    (folder / "truth.tsv").write_text("".join(f"{address}\t{row}\n" for address, row in truth.items()))
    return truth


if __name__ == "__main__":
    write(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1000)
