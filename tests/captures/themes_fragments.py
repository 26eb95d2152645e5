# SPDX-License-Identifier: Apache-2.0
"""Captures of IP fragments (RFC 791 section 3.2, RFC 8200 section 4.5, RFC 5722, RFC 6946)."""

from capture import AUTHORITY, AUTHORITY6, QUERIER, QUERIER6, Capture, asks, asks6, originator, originator6
from wire import (TCP, UDP, datagram, ether, extension, fragment_header, framed, gre, ipv4, ipv6, large_query, query,
                  segment)

ROW, ROW6 = (QUERIER, AUTHORITY, "udp"), (QUERIER6, AUTHORITY6, "udp")


def cut(payload, *bounds):
    """(offset, octets, more) of each piece; bounds are multiples of 8."""
    edges = [0, *bounds, len(payload)]
    return [(start, payload[start:end], end != len(payload)) for start, end in zip(edges, edges[1:])]


def pieces4(number, *bounds, ident=None, padding=300, querier=QUERIER):
    """The fragments of a query over IPv4, as frames."""
    payload = datagram(querier, AUTHORITY, large_query(originator(number), padding))
    return [ether(ipv4(querier, AUTHORITY, UDP, octets, ident=number if ident is None else ident, offset=offset,
                       more=more)) for offset, octets, more in cut(payload, *bounds)]


def pieces6(number, *bounds, padding=300, before=b""):
    """The same over IPv6; `before` is a hop-by-hop header in the unfragmentable part."""
    payload = datagram(QUERIER6, AUTHORITY6, large_query(originator6(number), padding))
    return [ether(ipv6(QUERIER6, AUTHORITY6, 0 if before else 44,
                       before + fragment_header(UDP, offset, more, number) + octets))
            for offset, octets, more in cut(payload, *bounds)]


def add_all(capture, frames, row=None):
    for frame in frames[:-1]:
        capture.add(frame)
    return capture.add(frames[-1], row)


def in_any_order():
    capture = Capture("fragments_ipv4", "IPv4 fragments in order, reversed, shuffled, interleaved, with a duplicate")
    add_all(capture, pieces4(1, 8, 128), (originator(1), *ROW))
    add_all(capture, pieces4(2, 8, 128)[::-1], (originator(2), *ROW))
    first, second, third, fourth = pieces4(3, 64, 128, 192)
    add_all(capture, [third, first, fourth, second], (originator(3), *ROW))
    capture.add(first := pieces4(4, 64)[0]).add(first, drop="fragment_duplicate")
    capture.add(pieces4(4, 64)[1], (originator(4), *ROW))
    # Two queriers that use the same identification.
    one, other = pieces4(5, 64, ident=77), pieces4(6, 64, ident=77, querier="198.51.100.8")
    capture.add(one[0]).add(other[1]).add(one[1], (originator(5), *ROW))
    capture.add(other[0], (originator(6), "198.51.100.8", AUTHORITY, "udp"))
    # An identification may be used again once its packet is whole.
    add_all(capture, pieces4(7, 64, ident=77), (originator(7), *ROW))
    yield capture

    capture = Capture("fragments_ipv6", "IPv6 fragments, behind a hop-by-hop header too, and an atomic fragment")
    add_all(capture, pieces6(1, 8, 128), (originator6(1), *ROW6))
    add_all(capture, pieces6(2, 8, 128)[::-1], (originator6(2), *ROW6))
    add_all(capture, pieces6(3, 64, before=extension(44, bytes(6))), (originator6(3), *ROW6))
    capture.add(pieces6(4)[0], (originator6(4), *ROW6))
    yield capture


def refused():
    capture = Capture("fragments_refused", "overlaps refuse the packet; odd sizes and impossible lengths are malformed")
    payload = datagram(QUERIER, AUTHORITY, large_query(originator(1), 300))
    piece = lambda ident, start, end, more: ether(ipv4(QUERIER, AUTHORITY, UDP, payload[start:end], ident=ident,
                                                       offset=start, more=more))
    end = len(payload)
    for start, stop, more in ((0, 128, True), (120, 256, True), (128, 256, True), (256, end, False)):
        capture.add(piece(1, start, stop, more))
    capture.counts("fragment_overlap", 4)
    six = datagram(QUERIER6, AUTHORITY6, large_query(originator6(2), 300))
    for start, stop, more in ((0, 64, True), (56, len(six), False), (64, len(six), False)):
        capture.add(ether(ipv6(QUERIER6, AUTHORITY6, 44, fragment_header(UDP, start, more, 2) + six[start:stop])))
    capture.counts("fragment_overlap", 3)
    capture.add(piece(3, 0, 60, True), drop="fragment_malformed")  # not the last, and no multiple of 8
    capture.add(ether(ipv4(QUERIER, AUTHORITY, UDP, bytes(64), ident=4, offset=65528)), drop="fragment_malformed")
    yield capture.asks(originator(5))

    capture = Capture("fragments_missing", "fragments that never come: until the end of the input, and for over 30 s")
    capture.add(pieces4(1, 64, 128)[0], drop="fragment_expired").add(pieces4(1, 64, 128)[2], drop="fragment_expired")
    capture.now += 31 * 10**9
    # Their packet has been given up, so the missing one comes too late and waits for others in vain.
    capture.add(pieces4(1, 64, 128)[1], drop="fragment_incomplete")
    capture.add(pieces6(2, 64)[1], drop="fragment_incomplete")
    yield capture.asks(originator(3))


def in_tunnels():
    capture = Capture("fragments_in_tunnels", "tunnels whose outer packet is in fragments, and fragments in them")

    def outer(ident, packet, *bounds):
        return [ether(ipv4("10.0.0.1", "10.0.0.2", 47, octets, ident=ident, offset=offset, more=more))
                for offset, octets, more in cut(gre(0x0800, packet), *bounds)]

    add_all(capture, outer(1, asks(originator(1)), 24), (originator(1), *ROW))
    add_all(capture, outer(2, asks(originator(2)), 8, 40)[::-1], (originator(2), *ROW))
    inner = [frame[14:] for frame in pieces4(3, 200)]
    add_all(capture, outer(3, inner[0], 64) + outer(4, inner[1], 16), (originator(3), *ROW))
    four_in_six = [ether(ipv6("fd00::1", "fd00::2", 44, fragment_header(4, offset, more, 5) + octets))
                   for offset, octets, more in cut(asks(originator(4)), 40)]
    add_all(capture, four_in_six, (originator(4), *ROW))
    six_in_four = [ether(ipv4("10.0.0.1", "10.0.0.2", 41, octets, ident=6, offset=offset, more=more))
                   for offset, octets, more in cut(asks6(originator6(5)), 48)]
    yield add_all(capture, six_in_four, (originator6(5), *ROW6))

    capture = Capture("fragments_of_tcp", "a TCP segment whose packet is in fragments")
    payload = segment(QUERIER, AUTHORITY, 1, framed(query(originator(1))))
    frames = [ether(ipv4(QUERIER, AUTHORITY, TCP, octets, ident=1, offset=offset, more=more))
              for offset, octets, more in cut(payload, 8, 40)]
    yield add_all(capture, frames, (originator(1), QUERIER, AUTHORITY, "tcp"))


def captures():
    yield from in_any_order()
    yield from refused()
    yield from in_tunnels()
