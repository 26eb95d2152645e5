# SPDX-License-Identifier: Apache-2.0
"""Headers, from a DNS message up to a frame: values go in, octets come out.

Every function takes what it carries as its last octets and returns the whole, so that a frame reads from the outside
in: ether(vlan(7, ipv4(...))). What is computed here (lengths, checksums) can be overridden where a capture needs it
wrong. Nothing here knows what the product makes of it.
"""

import ipaddress
import struct

A, NS, PTR, TXT, ANY = 1, 2, 12, 16, 255
IN, CH, HS = 1, 3, 4
UDP, TCP = 17, 6
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16

IPV4_TYPE, IPV6_TYPE, TEB_TYPE, MPLS_TYPE = 0x0800, 0x86DD, 0x6558, 0x8847


def be16(value):
    return struct.pack(">H", value)


def be32(value):
    return struct.pack(">I", value)


def address(text):
    """An IPv4 or IPv6 address in network order."""
    return ipaddress.ip_address(text).packed


def is_v6(packet):
    return packet[0] >> 4 == 6


def ethertype_of(packet):
    return IPV6_TYPE if is_v6(packet) else IPV4_TYPE


def checksum(octets):
    """RFC 1071."""
    if len(octets) % 2:
        octets += b"\0"
    total = sum(struct.unpack(f">{len(octets) // 2}H", octets))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


# DNS (RFC 1035)


def labels(*parts):
    """Labels without the root: texts or octets."""
    wire = b""
    for part in parts:
        octets = part.encode() if isinstance(part, str) else part
        wire += bytes([len(octets)]) + octets
    return wire


def name(text):
    """A whole name; '.' is the root."""
    return labels(*[part for part in text.split(".") if part]) + b"\0"


def reverse(originator):
    """The name that a PTR question about an address asks for."""
    return name(ipaddress.ip_address(originator).reverse_pointer)


def question(wire_name, qtype=PTR, qclass=IN):
    return wire_name + be16(qtype) + be16(qclass)


def message(*sections, ident=0x1234, flags=0x0000, counts=(1, 0, 0, 0)):
    """A header and whatever stands behind it. `counts` are QDCOUNT, ANCOUNT, NSCOUNT, ARCOUNT."""
    return struct.pack(">6H", ident, flags, *counts) + b"".join(sections)


def query(originator, **header):
    """The plain thing: one PTR question about an address."""
    return message(question(reverse(originator)), **header)


def record(wire_name, rtype, rclass, ttl, rdata):
    return wire_name + struct.pack(">HHIH", rtype, rclass, ttl, len(rdata)) + rdata


def edns(payload_size=1232, options=b""):
    """RFC 6891."""
    return record(b"\0", 41, payload_size, 0, options)


def edns_padding(octets):
    """RFC 7830: makes a query as large as a test wants it."""
    return struct.pack(">HH", 12, octets) + bytes(octets)


def large_query(originator, padding, **header):
    """A reverse query with a padding option of that many octets."""
    return message(question(reverse(originator)), edns(1232, edns_padding(padding)), counts=(1, 0, 0, 1), **header)


def response(originator, target="host.example"):
    answer = record(b"\xc0\x0c", PTR, IN, 3600, name(target))
    return message(question(reverse(originator)), answer, flags=0x8400, counts=(1, 1, 0, 0))


def framed(*messages):
    """Messages as a TCP stream carries them: two octets of length before each (RFC 1035 section 4.2.2)."""
    return b"".join(be16(len(each)) + each for each in messages)


# IP and transport


def ipv4(source, destination, protocol, payload, *, ident=0, more=False, offset=0, options=b"", total_length=None):
    """RFC 791; `offset` in octets. total_length overrides what the header says."""
    if total_length is None:
        total_length = 20 + len(options) + len(payload)
    fragment = (0x2000 if more else 0) | offset // 8
    header = struct.pack(">BBHHHBBH4s4s", 0x45 + len(options) // 4, 0, total_length, ident, fragment, 64, protocol, 0,
                         address(source), address(destination)) + options
    return header[:10] + be16(checksum(header)) + header[12:] + payload


def ipv6(source, destination, next_header, payload, *, payload_length=None):
    """RFC 8200."""
    if payload_length is None:
        payload_length = len(payload)
    return struct.pack(">IHBB16s16s", 0x60000000, payload_length, next_header, 64, address(source),
                       address(destination)) + payload


def ip(source, destination, protocol, payload):
    return (ipv6 if ":" in source else ipv4)(source, destination, protocol, payload)


def extension(next_header, content):
    """An IPv6 extension header of type-and-length form; `content` is 6 octets, or 6 and a multiple of 8."""
    assert len(content) % 8 == 6
    return bytes([next_header, (len(content) - 6) // 8]) + content


def authentication(next_header, content=bytes(12)):
    """RFC 4302: its length counts words of 4 octets less 2."""
    spi_and_sequence = be32(0x100) + be32(1)
    return bytes([next_header, (12 + len(content)) // 4 - 2, 0, 0]) + spi_and_sequence + content


def fragment_header(next_header, offset, more, ident):
    return struct.pack(">BBHI", next_header, 0, offset | (1 if more else 0), ident)


def transport_checksum(source, destination, protocol, segment):
    pseudo = address(source) + address(destination) + struct.pack(">II", len(segment), protocol)
    return checksum(pseudo + segment)


def datagram(source, destination, payload, *, source_port=40000, destination_port=53, length=None):
    """UDP header and payload, RFC 768, without the IP header."""
    if length is None:
        length = 8 + len(payload)
    header = struct.pack(">HHHH", source_port, destination_port, length, 0)
    value = transport_checksum(source, destination, UDP, header + payload) or 0xFFFF
    return header[:6] + be16(value) + payload


def udp(source, destination, payload, **ports):
    """An IP packet with a UDP datagram."""
    return ip(source, destination, UDP, datagram(source, destination, payload, **ports))


def segment(source, destination, sequence, payload=b"", *, acknowledgement=0, flags=ACK, source_port=40000,
            destination_port=53, options=b""):
    """TCP header and payload, RFC 9293, without the IP header."""
    header = struct.pack(">HHIIBBHHH", source_port, destination_port, sequence & 0xFFFFFFFF,
                         acknowledgement & 0xFFFFFFFF, (5 + len(options) // 4) << 4, flags, 65535, 0, 0) + options
    value = transport_checksum(source, destination, TCP, header + payload)
    return header[:16] + be16(value) + header[18:] + payload


def tcp(source, destination, sequence, payload=b"", **fields):
    """An IP packet with a TCP segment."""
    return ip(source, destination, TCP, segment(source, destination, sequence, payload, **fields))


def icmp_unreachable(source, destination, quoted):
    """RFC 792 and RFC 4443: port unreachable, quoting the packet that could not be delivered."""
    if ":" in source:
        body = struct.pack(">BBHI", 1, 4, 0, 0) + quoted
        value = transport_checksum(source, destination, 58, body)
        return ipv6(source, destination, 58, body[:2] + be16(value) + body[4:])
    body = struct.pack(">BBHI", 3, 3, 0, 0) + quoted
    return ipv4(source, destination, 1, body[:2] + be16(checksum(body)) + body[4:])


# Link layers


def ether(payload, ethertype=None):
    """Ethernet II without the check sequence. The type is that of the IP packet unless given."""
    if ethertype is None:
        ethertype = ethertype_of(payload)
    return bytes.fromhex("02000000005302000000004e") + be16(ethertype) + payload


def padded(frame, size=60, filling=b""):
    """The padding that a NIC adds to short frames; `filling` is what happens to be in it."""
    return frame + filling + bytes(max(0, size - len(frame) - len(filling)))


def vlan(tag, payload, ethertype=None):
    """IEEE 802.1Q: what follows the tag's own type."""
    return be16(tag) + be16(ethertype_of(payload) if ethertype is None else ethertype) + payload


def sll(payload, ethertype=None, hardware=1):
    """LINKTYPE_LINUX_SLL."""
    return struct.pack(">HHH8sH", 0, hardware, 6, bytes.fromhex("02000000004e0000"),
                       ethertype_of(payload) if ethertype is None else ethertype) + payload


def sll2(payload, ethertype=None):
    """LINKTYPE_LINUX_SLL2."""
    return struct.pack(">HHIHBB8s", ethertype_of(payload) if ethertype is None else ethertype, 0, 3, 1, 0, 6,
                       bytes.fromhex("02000000004e0000")) + payload


def mpls(stack, payload):
    """RFC 3032: the last of the labels is the bottom of the stack."""
    return b"".join(be32(label << 12 | (0x100 if last else 0) | 64)
                    for label, last in zip(stack, [False] * (len(stack) - 1) + [True])) + payload


def pppoe(ppp_protocol, payload):
    """RFC 2516, session stage."""
    return struct.pack(">BBHHH", 0x11, 0, 0x2A, len(payload) + 2, ppp_protocol) + payload


# Tunnels


def gre(protocol, payload, *, key=None, sequence=None, with_checksum=False, version=0):
    """RFC 2784 and RFC 2890."""
    flags = (0x8000 if with_checksum else 0) | (0x2000 if key is not None else 0)
    flags |= (0x1000 if sequence is not None else 0) | version
    tail = (be32(key) if key is not None else b"") + (be32(sequence) if sequence is not None else b"") + payload
    if not with_checksum:
        return be16(flags) + be16(protocol) + tail
    whole = be16(flags) + be16(protocol) + bytes(4) + tail
    return whole[:4] + be16(checksum(whole)) + whole[6:]


def erspan_1(frame):
    return gre(0x88BE, frame)


def erspan_2(frame):
    return gre(0x88BE, struct.pack(">HHI", 0x1000 | 7, 0x0005, 0) + frame, sequence=9)


def erspan_3(frame, subheader=False):
    fixed = struct.pack(">HHIHH", 0x2000 | 7, 0x0005, 12345, 0, 1 if subheader else 0)
    return gre(0x22EB, fixed + (struct.pack(">II", 0x08000001, 2) if subheader else b"") + frame, sequence=9)


def vxlan(frame):
    """RFC 7348."""
    return struct.pack(">II", 0x08000000, 42 << 8) + frame


def geneve(protocol, payload, options=b""):
    """RFC 8926; options are a multiple of 4 octets."""
    return struct.pack(">BBHI", len(options) // 4, 0, protocol, 42 << 8) + options + payload


def tzsp(frame, fields=b""):
    """TaZmen Sniffer Protocol: a received Ethernet frame behind tagged fields."""
    return struct.pack(">BBH", 1, 0, 1) + fields + b"\x01" + frame
