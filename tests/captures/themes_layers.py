# SPDX-License-Identifier: Apache-2.0
"""Captures of link types, tags, tunnels and IP headers: one theme each."""

import struct

from capture import AUTHORITY, AUTHORITY6, QUERIER, QUERIER6, Capture, asks, asks6, originator, originator6
from wire import (UDP, address, authentication, be16, be32, datagram, erspan_1, erspan_2, erspan_3, ether, extension,
                  framed, geneve, gre, icmp_unreachable, ipv4, ipv6, large_query, mpls, padded, pppoe, query, response,
                  segment, sll, sll2, tcp, tzsp, udp, vlan, vxlan)

ROW = (QUERIER, AUTHORITY, "udp")
ROW6 = (QUERIER6, AUTHORITY6, "udp")
OUTER, OUTER6 = ("10.0.0.1", "10.0.0.2"), ("fd00::1", "fd00::2")
ARP = bytes.fromhex("0001080006040001") + bytes(20)


def link_types():
    """Every link type with IPv4 and IPv6, in one file each since a pcap has one link type."""

    def plain(packet):
        return packet

    def null(order, v4, v6):
        return lambda packet: struct.pack(order + "I", v6 if packet[0] >> 4 == 6 else v4) + packet

    both = [
        ("ethernet", 1, ether), ("linux_sll", 113, sll), ("linux_sll2", 276, sll2),
        ("raw_12", 12, plain), ("raw_14", 14, plain), ("raw_101", 101, plain),
        ("null_little_endian", 0, null("<", 2, 30)), ("null_big_endian", 0, null(">", 2, 24)),
        ("null_netbsd", 0, null("<", 2, 28)), ("null_linux", 0, null("<", 2, 10)), ("loop", 108, null(">", 2, 24)),
    ]
    for name, link, around in both:
        capture = Capture(f"link_{name}", f"link type {link}", link=link)
        capture.asks(originator(1), around).asks6(originator6(1), around)
        tcp_query = tcp(QUERIER, AUTHORITY, 1, be16(len(query(originator(2)))) + query(originator(2)))
        yield capture.add(around(tcp_query), (originator(2), QUERIER, AUTHORITY, "tcp"))
    arcnet = Capture("link_arcnet", "ARCNET as Linux has it: RFC 1051 and RFC 1201, a split packet, ARP", link=129)
    header = bytes.fromhex("01020000")
    arcnet.asks(originator(1), lambda p: header + b"\xf0" + p)
    arcnet.asks(originator(2), lambda p: header + bytes.fromhex("d4000001") + p)
    arcnet.asks6(originator6(3), lambda p: header + bytes.fromhex("c4000001") + p)
    arcnet.add(header + bytes.fromhex("d4010001") + asks(originator(4))[:40], drop="ethertype_other")
    yield arcnet.add(header + b"\xd5" + bytes(3) + ARP, drop="ethertype_other")
    yield Capture("link_raw_v4", "link type 228", link=228).asks(originator(1), plain)
    yield Capture("link_raw_v6", "link type 229", link=229).asks6(originator6(1), plain)
    yield Capture("link_unknown", "a link type of private use", link=147).add(ether(asks(originator(1))),
                                                                              drop="link_unknown")


def ethernet():
    capture = Capture("ethertypes", "what Ethernet carries beside IP, frames cut short, 802.3 with SNAP")
    capture.add(padded(ether(ARP, 0x0806)), drop="ethertype_other")
    capture.add(padded(ether(bytes(46), 0x88CC)), drop="ethertype_other")
    capture.add(bytes(13), drop="link_truncated")
    capture.add(ether(asks(originator(1))[:19]), drop="link_truncated")
    capture.add(ether(asks6(originator6(1))[:39]), drop="link_truncated")
    capture.add(snap_802_3(asks(originator(2))), (originator(2), *ROW))
    spanning_tree = bytes.fromhex("424203") + bytes(35)
    capture.add(padded(ether(spanning_tree, len(spanning_tree))), drop="ethertype_other")
    # Cisco metadata (TrustSec) between the EtherTypes.
    metadata = bytes.fromhex("010100010000") + be16(0x0800) + asks(originator(3))
    capture.add(ether(metadata, 0x8909), (originator(3), *ROW))
    return capture.asks(originator(4))


def snap_802_3(packet):
    """IEEE 802.3 with LLC and SNAP (RFC 1042): a length where Ethernet II has its type."""
    content = bytes.fromhex("aaaa03000000") + be16(0x0800) + packet
    return ether(content, len(content))


def tags():
    capture = Capture("vlan", "802.1Q and QinQ under each of their types")
    capture.asks(originator(1), lambda p: ether(vlan(7, p), 0x8100))
    capture.asks6(originator6(1), lambda p: ether(vlan(7, p), 0x8100))
    capture.asks(originator(2), lambda p: ether(vlan(0xE000, p), 0x8100))  # priority 7, VLAN 0
    for number, outer in enumerate((0x8100, 0x88A8, 0x9100), 3):
        capture.asks(originator(number), lambda p, outer=outer: ether(vlan(100, vlan(7, p), 0x8100), outer))
    capture.asks(originator(6), lambda p: ether(vlan(1, vlan(2, vlan(3, p), 0x8100), 0x9100), 0x88A8))
    capture.add(padded(ether(vlan(7, ARP, 0x0806), 0x8100)), drop="ethertype_other")
    return capture.add(ether(be16(7) + b"\x08", 0x8100), drop="link_truncated")


def labels_and_sessions():
    capture = Capture("mpls", "label stacks over IP and over Ethernet pseudowires")
    capture.asks(originator(1), lambda p: ether(mpls([16], p), 0x8847))
    capture.asks(originator(2), lambda p: ether(mpls([16, 17, 18], p), 0x8847))
    capture.asks6(originator6(3), lambda p: ether(mpls([16, 2], p), 0x8847))
    capture.asks(originator(4), lambda p: ether(mpls([16], p), 0x8848))
    capture.asks(originator(5), lambda p: ether(vlan(9, mpls([16], p), 0x8847), 0x8100))
    capture.asks(originator(6), lambda p: ether(mpls([16], bytes(4) + ether(p)), 0x8847))  # with a control word
    capture.asks(originator(7), lambda p: ether(mpls([16], ether(p)), 0x8847))
    capture.add(ether(be32(16 << 12 | 64), 0x8847), drop="link_truncated")  # no bottom of the stack
    capture.add(ether(mpls([16], b"\xff" * 46), 0x8847), drop="mpls_malformed")
    yield capture

    capture = Capture("pppoe", "PPPoE sessions")
    capture.asks(originator(1), lambda p: ether(pppoe(0x0021, p), 0x8864))
    capture.asks6(originator6(2), lambda p: ether(pppoe(0x0057, p), 0x8864))
    capture.asks(originator(3), lambda p: ether(vlan(35, pppoe(0x0021, p), 0x8864), 0x8100))
    capture.add(padded(ether(pppoe(0xC021, bytes.fromhex("0901000800000000")), 0x8864)), drop="ppp_other")
    yield capture.add(padded(ether(bytes.fromhex("110900000000"), 0x8863)), drop="ethertype_other")


def gre_tunnels():
    def over(**fields):
        return lambda p: ether(ipv4(*OUTER, 47, gre(0x86DD if p[0] >> 4 == 6 else 0x0800, p, **fields)))

    capture = Capture("gre", "GRE with every optional field, over IPv4 and IPv6")
    capture.asks(originator(1), over()).asks(originator(2), over(key=5)).asks(originator(3), over(sequence=6))
    capture.asks(originator(4), over(with_checksum=True)).asks6(originator6(5), over())
    capture.asks(originator(6), over(key=5, sequence=6, with_checksum=True))
    capture.asks(originator(7), lambda p: ether(ipv6(*OUTER6, 47, gre(0x0800, p))))
    capture.asks(originator(8), lambda p: ether(ipv4(*OUTER, 47, gre(0x6558, ether(p), key=1))))
    capture.asks(originator(9), lambda p: ether(ipv4(*OUTER, 47, gre(0x8847, mpls([16], p)))))
    inner = lambda p: ipv4("10.0.0.3", "10.0.0.4", 47, gre(0x0800, p))
    capture.asks(originator(10), lambda p: ether(ipv4(*OUTER, 47, gre(0x0800, inner(p)))))
    capture.add(ether(ipv4(*OUTER, 47, gre(0x0800, asks(originator(11)), version=2))), drop="gre_malformed")
    capture.add(ether(ipv4(*OUTER, 47, gre(0x0800, b"", key=1)[:6])), drop="link_truncated")
    yield capture

    def pptp(flags, tail, ppp):  # RFC 2637
        return ether(ipv4(*OUTER, 47, be16(flags) + be16(0x880B) + be16(len(ppp)) + be16(7) + tail + ppp))

    capture = Capture("pptp", "PPP in GRE version 1, its fields whole and shortened, acknowledgements, LCP")
    capture.asks(originator(1), lambda p: pptp(0x3001, be32(1), bytes.fromhex("ff030021") + p))
    capture.asks(originator(2), lambda p: pptp(0x3081, be32(2) + be32(1), b"\x21" + p))
    capture.asks6(originator6(3), lambda p: pptp(0x3001, be32(3), bytes.fromhex("0057") + p))
    capture.add(pptp(0x2081, be32(3), b""), drop="ppp_other")
    yield capture.add(pptp(0x3001, be32(4), bytes.fromhex("c0210901000800000000")), drop="ppp_other")

    capture = Capture("erspan", "mirrored frames in ERSPAN I, II and III")
    for number, mirrored in enumerate((erspan_1, erspan_2, erspan_3, lambda f: erspan_3(f, True)), 1):
        capture.asks(originator(number), lambda p, mirrored=mirrored: ether(ipv4(*OUTER, 47, mirrored(ether(p)))))
    capture.asks6(originator6(5), lambda p: ether(ipv4(*OUTER, 47, erspan_2(ether(vlan(7, p), 0x8100)))))
    yield capture


def udp_tunnels():
    def over(port, content, outer=OUTER):
        return ether(udp(*outer, content, source_port=49152, destination_port=port))

    capture = Capture("vxlan", "VXLAN; and queries from its port, which are queries")
    capture.asks(originator(1), lambda p: over(4789, vxlan(ether(p))))
    capture.asks6(originator6(2), lambda p: over(4789, vxlan(ether(p)), OUTER6))
    capture.asks(originator(3), lambda p: over(4789, vxlan(ether(vlan(7, p), 0x8100))))
    capture.add(ether(asks(originator(4), source_port=4789)), (originator(4), *ROW))
    capture.add(over(4789, vxlan(ether(p := asks(originator(5))))[:20]), drop="link_truncated")
    yield capture.add(over(4789, bytes(8) + ether(p)), drop="tunnel_malformed")

    capture = Capture("geneve", "GENEVE with and without options, over Ethernet and IP")
    capture.asks(originator(1), lambda p: over(6081, geneve(0x6558, ether(p))))
    capture.asks(originator(2), lambda p: over(6081, geneve(0x6558, ether(p), bytes.fromhex("0102800100c0ffee"))))
    capture.asks(originator(3), lambda p: over(6081, geneve(0x0800, p, bytes(252))))
    capture.asks6(originator6(4), lambda p: over(6081, geneve(0x86DD, p)))
    capture.add(ether(asks(originator(5), source_port=6081)), (originator(5), *ROW))
    broken = b"\xc0" + geneve(0x6558, ether(asks(originator(6))))[1:]
    yield capture.add(over(6081, broken), drop="tunnel_malformed")  # version 3

    capture = Capture("tzsp", "TaZmen Sniffer Protocol with tagged fields")
    capture.asks(originator(1), lambda p: over(37008, tzsp(ether(p))))
    capture.asks(originator(2), lambda p: over(37008, tzsp(ether(p), bytes.fromhex("00000a01c40d0411223344"))))
    capture.add(ether(asks(originator(3), source_port=37008)), (originator(3), *ROW))
    yield capture.add(over(37008, b"\x09" + tzsp(ether(asks(originator(4))))[1:]), drop="tunnel_malformed")


def ip_headers():
    capture = Capture("ip_in_ip", "4in4, 6in4, 4in6, 6in6 and three deep")
    capture.asks(originator(1), lambda p: ether(ipv4(*OUTER, 4, p)))
    capture.asks6(originator6(2), lambda p: ether(ipv4(*OUTER, 41, p)))
    capture.asks(originator(3), lambda p: ether(ipv6(*OUTER6, 4, p)))
    capture.asks6(originator6(4), lambda p: ether(ipv6(*OUTER6, 41, p)))
    capture.asks(originator(5), lambda p: ether(ipv4(*OUTER, 41, ipv6(*OUTER6, 4, p))))
    yield capture

    capture = Capture("ip_headers", "IPv4 options, IPv6 extension headers, protocols that are not read, broken headers")
    plain, six = query(originator(1)), datagram(QUERIER6, AUTHORITY6, query(originator6(1)))
    four = lambda **fields: ether(ipv4(QUERIER, AUTHORITY, UDP, datagram(QUERIER, AUTHORITY, plain), **fields))
    over6 = lambda first, content: ether(ipv6(QUERIER6, AUTHORITY6, first, content))
    row6 = (originator6(1), *ROW6)
    capture.add(four(options=bytes.fromhex("94040000")), (originator(1), *ROW))
    capture.add(four(options=bytes([1] * 40)), (originator(1), *ROW))
    capture.add(four(total_length=0), (originator(1), *ROW))  # offloaded to the NIC: as long as captured
    capture.add(over6(0, extension(UDP, bytes.fromhex("010400000000")) + six), row6)
    capture.add(over6(60, extension(UDP, bytes.fromhex("010c") + bytes(12)) + six), row6)
    segments = bytes.fromhex("040000000000") + address(AUTHORITY6)  # RFC 8754, none left
    capture.add(over6(43, extension(UDP, segments) + six), row6)
    capture.add(over6(51, authentication(UDP) + six), row6)
    chain = extension(60, bytes(6)) + extension(43, bytes(6)) + extension(51, bytes(6)) + authentication(UDP) + six
    capture.add(over6(0, chain), row6)
    capture.add(over6(50, bytes(40)), drop="protocol_other")
    capture.add(over6(59, b""), drop="protocol_other")
    capture.add(ether(ipv4(QUERIER, AUTHORITY, 89, bytes(24))), drop="protocol_other")
    capture.add(four(total_length=19), drop="ipv4_malformed")
    capture.add(ether(b"\x44" + asks(originator(2))[1:]), drop="ipv4_malformed")
    capture.add(ether(b"\x75" + asks(originator(2))[1:], 0x0800), drop="ip_version")
    capture.add(over6(0, extension(UDP, bytes(6))[:4]), drop="ipv6_malformed")
    cut = over6(0, extension(UDP, bytes(6)) + six)
    capture.add(cut[:58], drop="link_truncated", length=len(cut))
    yield capture

    def stacked(packet, tags):
        packet = vlan(0, packet)
        for _ in range(tags - 1):
            packet = vlan(0, packet, 0x8100)
        return ether(packet, 0x8100)

    capture = Capture("depth", "as many stacked tags as nobody has, and fewer")
    capture.asks(originator(1), lambda p: stacked(p, 8)).add(stacked(asks(originator(2)), 40), drop="header_too_deep")
    yield capture
    capture = Capture("depth_configured", "one header more than was said to be the most", arguments="--depth 3")
    capture.asks(originator(1), lambda p: stacked(p, 2)).add(stacked(asks(originator(2)), 3), drop="header_too_deep")
    yield capture


def ends_of_frames():
    capture = Capture("padding", "Ethernet padding is not payload")
    capture.add(padded(ether(asks(originator(1))), 128), (originator(1), *ROW))
    capture.add(padded(ether(asks6(originator6(2))), 160), (originator6(2), *ROW6))
    # The question ends in the middle of its name, and the padding is what would make it whole.
    whole = query(originator(3))
    cut = udp(QUERIER, AUTHORITY, whole[:-8])
    capture.add(padded(ether(cut), filling=whole[-8:]), drop="question_truncated")
    # An acknowledgement whose padding has the octets of a message.
    capture.add(padded(ether(tcp(QUERIER, AUTHORITY, 1)), filling=be16(len(whole)) + whole), drop="segment_empty")
    tagged = ether(vlan(1, vlan(2, tcp(QUERIER, AUTHORITY, 1)), 0x8100), 0x8100)
    capture.add(padded(tagged, filling=be16(len(whole)) + whole), drop="segment_empty")
    six = ether(tcp(QUERIER6, AUTHORITY6, 1))
    capture.add(padded(six, filling=be16(len(whole)) + whole), drop="segment_empty")
    capture.add(ether(ipv4(QUERIER, AUTHORITY, UDP, datagram(QUERIER, AUTHORITY, whole, length=7))),
                drop="datagram_length")
    capture.add(ether(ipv4(QUERIER, AUTHORITY, UDP, datagram(QUERIER, AUTHORITY, whole, length=400))),
                drop="datagram_length")
    capture.add(ether(ipv4(QUERIER, AUTHORITY, UDP, datagram(QUERIER, AUTHORITY, whole)[:5])),
                drop="datagram_truncated")
    # A UDP length shorter than the IP packet: the message ends where UDP says.
    shorter = datagram(QUERIER, AUTHORITY, whole + b"\xff" * 8, length=8 + len(whole))
    yield capture.add(ether(ipv4(QUERIER, AUTHORITY, UDP, shorter)), (originator(3), *ROW))

    capture = Capture("snap_length", "frames cut by the snap length: the question may be whole or not")
    long = ether(udp(QUERIER, AUTHORITY, large_query(originator(1), 200)))
    capture.add(long[:128], (originator(1), *ROW), length=len(long))
    capture.add(long[:70], drop="question_truncated", length=len(long))
    capture.add(long[:50], drop="message_short", length=len(long))
    capture.add(long[:40], drop="datagram_truncated", length=len(long))
    capture.add(long[:30], drop="link_truncated", length=len(long))
    data = segment(QUERIER, AUTHORITY, 1, b"")
    cut = ether(ipv4(QUERIER, AUTHORITY, 6, data))[:46]
    yield capture.add(cut, drop="segment_truncated", length=54)


def quoted_and_other_directions():
    capture = Capture("icmp", "queries quoted in ICMP errors are not queries")
    capture.asks(originator(1))
    capture.add(ether(icmp_unreachable(AUTHORITY, QUERIER, asks(originator(1)))), drop="icmp")
    capture.asks6(originator6(1))
    capture.add(ether(icmp_unreachable(AUTHORITY6, QUERIER6, asks6(originator6(1)))), drop="icmp")
    tunnelled = ipv4(*OUTER, 47, gre(0x0800, icmp_unreachable(AUTHORITY, QUERIER, asks(originator(1)))))
    yield capture.add(ether(tunnelled), drop="icmp")

    answer = udp(AUTHORITY, QUERIER, response(originator(1)), source_port=53, destination_port=40000)
    capture = Capture("responses_only", "a mirror of what the authority sends")
    capture.add(ether(answer), drop="response")
    yield capture.add(ether(tcp(AUTHORITY, QUERIER, 1, flags=0x12, source_port=53, destination_port=40000)),
                      drop="segment_empty")

    capture = Capture("ports", "port 53 and others")
    capture.add(ether(asks(originator(1), source_port=53)), (originator(1), *ROW))
    capture.add(ether(asks(originator(2), source_port=53, destination_port=5353)), drop="port_other")
    capture.add(ether(asks(originator(3), destination_port=5353)), drop="datagram_port")
    capture.add(ether(tcp(QUERIER, AUTHORITY, 1, b"\0\0", destination_port=80)), drop="segment_port")
    yield capture.add(ether(udp(AUTHORITY, QUERIER, response(originator(1)), source_port=53)), drop="response")

    capture = Capture("ports_configured", "DNS on ports of one's choice, of which one is a tunnel's",
                      arguments="--dns-port 53 --dns-port 8053 --dns-port 4789")
    for number, port in ((1, 53), (2, 8053), (3, 4789)):
        capture.add(ether(asks(originator(number), destination_port=port)), (originator(number), *ROW))
    framed_query = framed(query(originator(4)))
    capture.add(ether(tcp(QUERIER, AUTHORITY, 1, framed_query, destination_port=8053)),
                (originator(4), QUERIER, AUTHORITY, "tcp"))
    yield capture.add(ether(asks(originator(5), destination_port=5353)), drop="datagram_port")

    capture = Capture("authorities", "only what is sent to the configured authorities",
                      arguments="--authority 192.0.2.0/24 --authority 2001:db8:2::53")
    capture.asks(originator(1)).asks6(originator6(2))
    capture.add(ether(asks(originator(3), QUERIER, "192.0.3.53")), drop="authority_other")
    yield capture.add(ether(asks(originator(4), QUERIER6, "2001:db8:2::54")), drop="authority_other")

    capture = Capture("own_resolver", "questions for the names of queriers, by the tap itself",
                      arguments="--own-resolver 203.0.113.77 --own-resolver 2001:db8:77::1")
    capture.asks(originator(1)).asks6(originator6(2))
    capture.add(ether(asks(originator(3), "203.0.113.77")), drop="own_resolver")
    yield capture.add(ether(asks(originator(4), "2001:db8:77::1", "2001:db8:2::54")), drop="own_resolver")


def captures():
    yield from link_types()
    yield ethernet()
    yield tags()
    yield from labels_and_sessions()
    yield from gre_tunnels()
    yield from udp_tunnels()
    yield from ip_headers()
    yield from ends_of_frames()
    yield from quoted_and_other_directions()
