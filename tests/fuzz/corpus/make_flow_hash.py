#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the corpus of flow_hash_fuzz: an octet that chooses the link type, then a frame."""

import pathlib

MACS = bytes.fromhex("020000000001020000000002")
V4 = bytes.fromhex("4500001c12340000401100 00c0000201c6336435".replace(" ", "")) + bytes(8)
V6 = bytes.fromhex("6000000000081140") + bytes.fromhex("20010db8" + "00" * 11 + "01") * 2 + bytes(8)

FRAMES = {
    "ethernet_v4": b"\0" + MACS + b"\x08\x00" + V4,
    "ethernet_v6": b"\0" + MACS + b"\x86\xdd" + V6,
    "qinq": b"\0" + MACS + bytes.fromhex("88a80005810000060800") + V4,
    "mpls": b"\0" + MACS + bytes.fromhex("88470001004000020140") + V6,
    "pseudowire": b"\0" + MACS + bytes.fromhex("88470001014000000000") + MACS + b"\x08\x00" + V4,
    "pppoe": b"\0" + MACS + bytes.fromhex("8864110000010009 0021".replace(" ", "")) + V4,
    "snap": b"\0" + MACS + bytes.fromhex("0028aaaa030000000800") + V4,
    "raw": b"\1" + V6,
    "null": b"\2\2\0\0\0" + V4,
    "sll": b"\3" + bytes(14) + b"\x08\x00" + V4,
    "sll2": b"\4\x86\xdd" + bytes(18) + V6,
}

folder = pathlib.Path(__file__).parent / "flow_hash"
folder.mkdir(exist_ok=True)
for name, octets in FRAMES.items():
    (folder / name).write_bytes(octets)
