#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the seeds of the layers fuzzer: one file per kind of header in corpus/layers/.

A seed is an octet for the link type (see layers_fuzz.cpp), an octet for the depth, and a frame.
"""
import pathlib
import struct

ETHERNET, RAW, COOKED, COOKED_2, NULL, LOOP, ARCNET = range(7)
MACS = bytes.fromhex("020000000001020000000002")


def be16(*values):
    return b"".join(struct.pack("!H", value) for value in values)


def udp(payload, source=1024, destination=53):
    return be16(source, destination, 8 + len(payload), 0) + payload


def ipv4(payload, protocol=17, fragment=0, header=0x45):
    return (bytes([header, 0]) + be16(20 + len(payload), 7, fragment) + bytes([64, protocol, 0, 0])
            + bytes([192, 0, 2, 1, 198, 51, 100, 53]) + payload)


def ipv6(payload, protocol=17):
    address = bytes.fromhex("20010db8000000000000000000000001")
    return bytes([0x60, 0, 0, 0]) + be16(len(payload)) + bytes([protocol, 64]) + address * 2 + payload


def ethernet(ethertype, payload):
    return MACS + be16(ethertype) + payload


def vlan(ethertype, payload):
    return be16(7, ethertype) + payload


def gre(flags, ethertype, fields, payload):
    return ipv4(be16(flags, ethertype) + fields + payload, protocol=47)


def main():
    query = ipv4(udp(b"query"))
    query6 = ipv6(udp(b"query"))
    inside = ethernet(0x0800, query)
    options = bytes([17, 0]) + bytes(6)
    seeds = {
        "ethernet_ipv4": (ETHERNET, inside),
        "ethernet_padding": (ETHERNET, inside + bytes(20)),
        "ethernet_snap": (ETHERNET, ethernet(8 + len(query), bytes.fromhex("aaaa030000000800") + query)),
        "vlan_ipv6": (ETHERNET, ethernet(0x8100, vlan(0x86dd, query6))),
        "qinq": (ETHERNET, ethernet(0x88a8, vlan(0x9100, vlan(0x0800, query)))),
        "mpls_ip": (ETHERNET, ethernet(0x8847, bytes.fromhex("0001004000011140") + query)),
        "mpls_pseudowire": (ETHERNET, ethernet(0x8847, bytes.fromhex("0001014000000001") + inside)),
        "pppoe": (ETHERNET, ethernet(0x8864, bytes.fromhex("110000070000") + be16(0x21) + query)),
        "cooked_vlan": (COOKED, bytes(14) + be16(0x8100) + vlan(0x0800, query)),
        "cooked_2": (COOKED_2, be16(0x86dd) + bytes(18) + query6),
        "null_little_endian": (NULL, bytes([30, 0, 0, 0]) + query6),
        "loop": (LOOP, bytes([0, 0, 0, 2]) + query),
        "arcnet": (ARCNET, bytes([1, 2, 0, 0, 0xd4, 0, 0, 1]) + query),
        "gre_everything": (RAW, gre(0xf000, 0x0800, bytes(12) + be16(0x0800, 4) + bytes(4) + bytes(4), query)),
        "gre_pptp": (RAW, gre(0x3081, 0x880b, bytes(12) + b"\xff\x03\x00\x21", query)),
        "erspan_ii": (RAW, gre(0x1000, 0x88be, bytes(4) + bytes([0x10]) + bytes(7), inside)),
        "erspan_iii": (RAW, gre(0x1000, 0x22eb, bytes(4) + bytes([0x20]) + bytes(10) + b"\x01" + bytes(8), inside)),
        "vxlan": (RAW, ipv4(udp(bytes([8]) + bytes(7) + inside, destination=4789))),
        "geneve": (RAW, ipv4(udp(bytes([1, 0]) + be16(0x6558) + bytes(8) + inside, destination=6081))),
        "tzsp": (RAW, ipv4(udp(bytes([1, 0, 0, 1, 0, 10, 1, 9, 1]) + inside, destination=37008))),
        "ipv6_extensions": (RAW, ipv6(b"\x3c" + options[1:] + b"\x2b" + options[1:] + b"\x2c" + options[1:] + options
                                      + udp(b"query"), protocol=0)),
        "ipv6_fragment": (RAW, ipv6(bytes([17, 0]) + be16(0x0009) + bytes([0, 0, 0, 1]) + b"tail", protocol=44)),
        "ipv4_fragment": (RAW, ipv4(gre(0, 0x0800, b"", query)[20:], protocol=47, fragment=0x2000)),
        "four_in_six": (RAW, ipv6(query, protocol=4)),
    }
    folder = pathlib.Path(__file__).parent / "layers"
    folder.mkdir(exist_ok=True)
    for name, (link, frame) in seeds.items():
        (folder / name).write_bytes(bytes([link, 24]) + frame)


if __name__ == "__main__":
    main()
