# SPDX-License-Identifier: Apache-2.0
"""Captures of DNS messages: headers, questions and names (RFC 1035 section 4.1, RFC 1034 section 5.2.1)."""

from capture import AUTHORITY, QUERIER, Capture, originator, originator6
from wire import (ANY, CH, HS, IN, NS, PTR, TXT, A, edns, ether, labels, message, name, query, question, record,
                  response, reverse, udp)

ROW = (QUERIER, AUTHORITY, "udp")


def sends(capture, octets, address=None, **outcome):
    return capture.add(ether(udp(QUERIER, AUTHORITY, octets)), (address, *ROW) if address else None, **outcome)


def asked(capture, wire_name, qtype=PTR, address=None, **outcome):
    return sends(capture, message(question(wire_name, qtype)), address, **outcome)


def mixed_case(wire_name):
    """0x20: every second letter in upper case; length octets are under 64, so no letters."""
    return bytes(octet ^ 0x20 if place % 2 and chr(octet).isalpha() else octet for place, octet in enumerate(wire_name))


def messages():
    capture = Capture("dns_messages", "what a query may be and carry")
    sends(capture, query(originator(1), flags=0x0100), originator(1))  # RD
    sends(capture, query(originator(2), flags=0x0130), originator(2))  # RD, AD, CD
    sends(capture, query(originator(3), flags=0x0640), originator(3))  # AA, TC and the Z bit: senseless, tolerated
    sends(capture, message(question(reverse(originator(4))), edns(), counts=(1, 0, 0, 1)), originator(4))
    cookie = bytes.fromhex("000a0008") + bytes(8)
    sends(capture, message(question(reverse(originator(5))), edns(4096, cookie), counts=(1, 0, 0, 1)), originator(5))
    sends(capture, query(originator(6)) + b"\xde\xad\xbe\xef", originator(6))  # octets behind the message
    sends(capture, message(question(reverse(originator(7))), counts=(1, 0, 0, 9)), originator(7))  # records not there
    two = question(reverse(originator(8))) + question(reverse(originator(9)))
    sends(capture, message(two, counts=(2, 0, 0, 0)), originator(8))  # the first question counts
    first_other = question(name("www.example.com"), A) + question(reverse(originator(10)))
    sends(capture, message(first_other, counts=(2, 0, 0, 0)), drop="name_not_reverse")
    answered = record(b"\xc0\x0c", PTR, IN, 0, name("host.example"))
    sends(capture, message(question(reverse(originator(11))), answered, counts=(1, 1, 0, 0)), originator(11))
    yield capture

    capture = Capture("dns_refused", "messages that are no queries of class IN, and what is no message")
    sends(capture, response(originator(1)), drop="response")
    for opcode in (1, 2, 4, 5, 6, 15):  # IQUERY, STATUS, NOTIFY, UPDATE, DSO, unassigned
        sends(capture, query(originator(2), flags=opcode << 11), drop="opcode_other")
    for qclass in (CH, HS, 254, 255, 0, 0x8001):
        sends(capture, message(question(reverse(originator(3)), PTR, qclass)), drop="class_other")
    sends(capture, message(counts=(0, 0, 0, 0)), drop="question_none")
    sends(capture, message(edns(), counts=(0, 0, 0, 1)), drop="question_none")  # a cookie query, RFC 7873
    sends(capture, b"", drop="message_short")
    sends(capture, query(originator(4))[:11], drop="message_short")
    whole = query(originator(4))
    for size in (12, 13, 20, len(whole) - 5, len(whole) - 4, len(whole) - 1):
        sends(capture, whole[:size], drop="question_truncated")
    for octet in (0x40, 0x7F, 0x80, 0xBF):
        sends(capture, message(question(bytes([octet]) + name("in-addr.arpa"))), drop="question_label")
    yield sends(capture, message(question(labels(*["a" * 63] * 4) + b"\0")), drop="question_name_long")


def pointers():
    """Compression in the only name that has nothing in front of it but the header."""
    capture = Capture("dns_pointers", "compression pointers in a question: back into the header, loops, forward")
    bare = labels("1", "113", "0", "203", "in-addr", "arpa")
    # ANCOUNT is zero, so its first octet, at 6, is a root label.
    sends(capture, message(question(bare + b"\xc0\x06")), originator(1))
    # NSCOUNT 0x0134 and ARCOUNT 0 read as the label "4" and the root: a legal name, x.4.
    sends(capture, message(question(labels("x") + b"\xc0\x08"), counts=(1, 0, 0x0134, 0)), drop="name_not_reverse")
    sends(capture, message(question(b"\xc0\x0c")), drop="question_pointer")  # to itself
    sends(capture, message(question(labels("1") + b"\xc0\x0c")), drop="question_pointer")  # around its own label
    sends(capture, message(question(b"\xc0\x0e" + bytes(1))), drop="question_pointer")  # forward
    sends(capture, message(question(labels("1", "2") + b"\xff\xff")), drop="question_pointer")  # behind the end
    yield sends(capture, message(question(labels("1"))[:2] + b"\xc0"), drop="question_truncated")


def reverse_names():
    capture = Capture("reverse_names", "full names, in any case")
    for address in ("0.0.0.0", "255.255.255.255", "10.9.8.7", "243.1.2.3", "::", originator6(1), "fe80::1",
                    "2001:db8:1:2:3:4:5:6", "2001:db8:0:1::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"):
        asked(capture, reverse(address), address=address)
    for address in (originator(1), "2001:db8:abcd:ef::ace"):
        asked(capture, reverse(address).upper(), address=address)
        asked(capture, mixed_case(reverse(address)), address=address)
    # An address that maps an IPv4 address is that IPv4 address, and is printed as such.
    yield asked(capture, reverse("::ffff:203.0.113.9"), address="203.0.113.9")

    capture = Capture("reverse_short", "short names, of any type: minimised queries, and the apex")
    for text in ("203.in-addr.arpa", "0.203.in-addr.arpa", "113.0.203.in-addr.arpa", "8.b.d.0.1.0.0.2.ip6.arpa",
                 "113.0.203.IN-ADDR.ARPA"):
        for qtype in (A, NS, PTR, TXT):
            asked(capture, name(text), qtype, minimised=True)
        asked(capture, name("_." + text), A, minimised=True)
    asked(capture, name(".".join(["0"] * 31) + ".ip6.arpa"), A, minimised=True)
    for text in ("in-addr.arpa", "ip6.arpa", "IP6.ARPA"):
        asked(capture, name(text), NS, drop="reverse_apex")
        asked(capture, name(text), PTR, drop="reverse_apex")
    yield capture

    capture = Capture("reverse_odd", "names that are no address, each counted by kind")
    full, full6 = reverse(originator(1)), reverse(originator6(1))
    for qtype in (A, NS, TXT, ANY, 0, 0xFFFF):
        asked(capture, full, qtype, drop="reverse_type_other")
        asked(capture, full6, qtype, drop="reverse_type_other")
    for text in ("lb._dns-sd._udp.0.113.0.203.in-addr.arpa", "b._dns-sd._udp.1.113.0.203.in-addr.arpa",
                 "_ldap._tcp.1.113.0.203.in-addr.arpa"):
        asked(capture, name(text), drop="reverse_service")
    for text in ("5.0/25.113.0.203.in-addr.arpa", "0/25.113.0.203.in-addr.arpa"):
        asked(capture, name(text), drop="reverse_classless")
    for text in ("9.1.113.0.203.in-addr.arpa", "www.1.113.0.203.in-addr.arpa", "0." + ".".join("0" * 32) + ".ip6.arpa"):
        asked(capture, name(text), drop="reverse_longer")
    for text in ("01.113.0.203.in-addr.arpa", "1.113.00.203.in-addr.arpa", "256.113.0.203.in-addr.arpa",
                 "1.113.0.999.in-addr.arpa", "256.in-addr.arpa"):
        asked(capture, name(text), drop="reverse_octet")
    for text in ("a.113.0.203.in-addr.arpa", "0x1.113.0.203.in-addr.arpa", "-1.113.0.203.in-addr.arpa"):
        asked(capture, name(text), drop="reverse_label")
    for text in ("g." + ".".join("0" * 31) + ".ip6.arpa", "10." + ".".join("0" * 31) + ".ip6.arpa", "zz.ip6.arpa"):
        asked(capture, name(text), drop="reverse_nibble")
    # Dots, spaces and zeros inside labels do not make an address of them.
    asked(capture, labels("1.113", "0", "203", "in-addr", "arpa") + b"\0", drop="reverse_label")
    asked(capture, labels("1", "113", "0", "203\0", "in-addr", "arpa") + b"\0", drop="reverse_label")
    asked(capture, labels("1 ", "113", "0", "203", "in-addr", "arpa") + b"\0", drop="reverse_label")
    for wire_name in (b"\0", name("arpa"), name("1.113.0.203.in-addr.arpa.example.com"), name("in-addr.arpa.com"),
                      name("1.113.0.203.in-addr.example"), name("1.113.0.203.xin-addr.arpa"),
                      name(".".join("0" * 32) + ".ip6.int"), name("www.example.com"), name("e164.arpa"),
                      labels("1", "113", "0", "203", "in-addr.arpa") + b"\0",
                      # The octets of a suffix, but inside of a label.
                      labels("1", "113", "0", "203", b"x\x07in-addr", "arpa") + b"\0",
                      labels(*"0" * 32, b"x\x03ip6", "arpa") + b"\0"):
        asked(capture, wire_name, drop="name_not_reverse")
    yield capture


def captures():
    yield from messages()
    yield from pointers()
    yield from reverse_names()
