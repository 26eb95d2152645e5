# SPDX-License-Identifier: Apache-2.0
"""Captures of DNS over TCP (RFC 9293, RFC 7766)."""

from capture import AUTHORITY, AUTHORITY6, QUERIER, QUERIER6, Capture, originator, originator6
from wire import (ACK, FIN, PSH, RST, SYN, be16, ether, framed, large_query, message, query, question, response,
                  reverse, tcp)


class Stream:
    """One stream of a capture. Offsets count octets of data from the start of each direction."""

    def __init__(self, capture, *, start=1000, port=40000, querier=QUERIER, authority=AUTHORITY, around=ether):
        self.capture, self.start, self.port, self.around = capture, start, port, around
        self.querier, self.authority, self.answer_start = querier, authority, start + 0x55555555

    def row(self, address):
        return (address, self.querier, self.authority, "tcp")

    def says(self, offset, payload=b"", row=None, *, flags=PSH | ACK, answered=0, options=b"", **outcome):
        """The querier's segment with the data at `offset`. An empty one is counted as such."""
        if not payload:
            outcome.setdefault("drop", "segment_empty")
        packet = tcp(self.querier, self.authority, self.start + 1 + offset, payload, flags=flags, options=options,
                     acknowledgement=self.answer_start + 1 + answered, source_port=self.port)
        rows = [self.row(address) for address in ([row] if isinstance(row, str) else row or [])]
        self.capture.add(self.around(packet), rows, **outcome)
        return self

    def hears(self, acknowledged, payload=b"", *, offset=0, flags=ACK, **outcome):
        """The authority's segment; it acknowledges that many octets of the querier's data."""
        if not payload:
            outcome.setdefault("drop", "segment_empty")
        packet = tcp(self.authority, self.querier, self.answer_start + 1 + offset, payload, flags=flags,
                     acknowledgement=self.start + 1 + acknowledged, source_port=53, destination_port=self.port)
        self.capture.add(self.around(packet), **outcome)
        return self

    def opens(self):
        self.says(-1, flags=SYN)
        self.hears(0, offset=-1, flags=SYN | ACK)
        return self.says(0)


def asked(number):
    return framed(query(originator(number)))


def cut_up(numbers, sizes):
    """Queries as one stream in segments of the given sizes in turn: (offset, octets, originators completed)."""
    octets, ends = b"", []
    for number in numbers:
        octets += asked(number)
        ends.append((len(octets), originator(number)))
    offset, turn = 0, 0
    while offset < len(octets):
        size = sizes[turn % len(sizes)]
        end = min(offset + size, len(octets))
        yield offset, octets[offset:end], [address for at, address in ends if offset < at <= end]
        offset, turn = end, turn + 1


def in_order():
    capture = Capture("tcp_simple", "handshake, query, response, end; over IPv6 and with options too")
    stream = Stream(capture).opens().says(0, asked(1), originator(1))
    size, answer = len(asked(1)), framed(response(originator(1)))
    stream.hears(size, answer, flags=PSH | ACK, drop="response")
    stream.says(size, flags=FIN | ACK, answered=len(answer)).hears(size + 1, offset=len(answer), flags=FIN | ACK)
    stream.says(size + 1, answered=len(answer) + 1)
    six = Stream(capture, querier=QUERIER6, authority=AUTHORITY6).opens()
    six.says(0, framed(query(originator6(2))), originator6(2))
    timestamps = bytes.fromhex("0101080a0000000100000002")
    Stream(capture, port=40001).opens().says(0, asked(3), originator(3), options=timestamps)
    yield capture

    capture = Capture("tcp_many", "several messages in a segment, a message in many segments, a divided length")
    everything = b"".join(asked(number) for number in range(1, 6))
    Stream(capture).opens().says(0, everything, [originator(number) for number in range(1, 6)])
    for port, sizes in ((40001, [1]), (40002, [1, len(asked(1)) - 1]), (40003, [7, 64, 3, 129, 2])):
        stream = Stream(capture, port=port).opens()
        for offset, octets, completed in cut_up(range(1, 3) if sizes == [1] else range(10, 40), sizes):
            stream.says(offset, octets, completed)
    large = framed(large_query(originator(50), 4000))
    stream = Stream(capture, port=40004).opens()
    for offset in range(0, len(large), 1400):
        stream.says(offset, large[offset:offset + 1400], originator(50) if offset + 1400 >= len(large) else None)
    yield capture

    capture = Capture("tcp_wrap", "sequence numbers that wrap around inside a message, and between two")
    for port, start in ((40000, 0xFFFFFFF0), (40001, 0xFFFFFFFF), (40002, 0xFFFFFFFE - len(asked(1)))):
        stream = Stream(capture, port=port, start=start).opens()
        for offset, octets, completed in cut_up((1, 2, 3), [20]):
            stream.says(offset, octets, completed)
    yield capture

    capture = Capture("tcp_one_direction", "a mirror that shows only what the querier sends")
    stream = Stream(capture).says(-1, flags=SYN).says(0)
    for offset, octets, completed in cut_up((1, 2, 3), [30]):
        stream.says(offset, octets, completed)
    yield stream.says(sum(len(asked(1)) for _ in range(3)), flags=FIN | ACK).capture


def disordered():
    one, two, three = asked(1), asked(2), asked(3)
    size = len(one)
    assert len(two) == len(three) == size

    capture = Capture("tcp_out_of_order", "segments out of order; a message is complete with its last octet")
    stream = Stream(capture).opens()
    stream.says(size, two).says(0, one, [originator(1), originator(2)])
    stream = Stream(capture, port=40001).opens()
    for first, last, completed in ((20, 40, []), (size, 2 * size, []), (0, 20, []), (2 * size + 9, 3 * size, []),
                                   (40, size, [originator(1), originator(2)]),
                                   (2 * size, 2 * size + 9, [originator(3)])):
        stream.says(first, (one + two + three)[first:last], completed)
    # The data overtakes the SYN.
    stream = Stream(capture, port=40002)
    stream.says(0, one, originator(1)).says(-1, flags=SYN).says(size, two, originator(2))
    yield capture

    capture = Capture("tcp_retransmitted", "segments seen twice, keep-alives, overlaps; the first octets seen count")
    stream = Stream(capture).opens().says(-1, flags=SYN)
    stream.says(0, one, originator(1)).says(0, one, drop="segment_duplicate")
    stream.says(size - 1, b"\0", drop="segment_duplicate")  # a keep-alive
    stream.says(0, one + two, originator(2))  # sent again with more behind it
    stream.says(size + 10, two[10:] + three[:30]).says(2 * size, three, originator(3))
    stream = Stream(capture, port=40001).opens()
    stream.says(0, one[:30]).says(20, b"\xff" * 10 + one[30:], originator(1))
    stream.says(size + 10, two[10:40]).says(size, two[:10] + b"\xff" * 30 + two[40:], originator(2))
    stream.says(2 * size + 20, three[20:40]).says(2 * size + 20, b"\xff" * 20, drop="segment_duplicate")
    stream.says(2 * size, three[:20]).says(2 * size + 40, three[40:], originator(3))
    yield capture


def ends_and_beginnings():
    one, two, three = asked(1), asked(2), asked(3)
    size = len(one)

    capture = Capture("tcp_ends", "FIN with data, RST, the same ports again, TCP Fast Open")
    Stream(capture).opens().says(0, one, originator(1), flags=FIN | PSH | ACK)
    stream = Stream(capture, port=40001).opens().says(0, one, originator(1)).says(size, flags=RST)
    # The same ports again: after the end above, and without any end.
    Stream(capture, port=40001, start=900_000).opens().says(0, two, originator(2))
    Stream(capture, port=40001, start=4_000_000_000).opens().says(0, three, originator(3))
    # RFC 7413: data in the SYN. Its sequence number is that of the SYN, the data is at the next.
    fast = Stream(capture, port=40002)
    packet = tcp(QUERIER, AUTHORITY, fast.start, one, flags=SYN, source_port=40002)
    capture.add(ether(packet), fast.row(originator(1)))
    fast.hears(size, offset=-1, flags=SYN | ACK).says(size, two, originator(2))
    yield capture

    capture = Capture("tcp_joined_late", "streams that begin before the capture: where a message begins is certain")
    Stream(capture).says(0, one, originator(1)).says(size, two, originator(2))
    stream = Stream(capture, port=40001).says(0, (one + two)[:40]).says(40, (one + two)[40:],
                                                                       [originator(1), originator(2)])
    large = framed(large_query(originator(4), 1000))
    stream = Stream(capture, port=40002)
    stream.says(0, large[:600]).says(600, large[600:], originator(4)).says(len(large), one, originator(1))
    yield capture

    capture = Capture("tcp_joined_inside", "streams joined inside a message: nothing until a beginning is certain")
    stream = Stream(capture).says(0, one[20:] + two, drop="segment_unsynchronised")
    offset = len(one[20:] + two)
    stream.says(offset, three, originator(3))
    # What stands here looks like a length and is none.
    stream = Stream(capture, port=40001)
    stream.says(0, one[1:], drop="segment_unsynchronised").says(size - 1, two, originator(2))
    # A lure: a header, a question, and a length that only what comes behind can belie. The record that it announces
    # ends nowhere, so its segment is no beginning, and the next ones are.
    lure = message(question(reverse(originator(9))), counts=(1, 0, 0, 1))
    lure = be16(len(lure) + 2 * size) + lure
    stream = Stream(capture, port=40002).says(0, lure, drop="segment_unsynchronised")
    stream.says(len(lure), one, originator(1)).says(len(lure) + size, two, originator(2))
    yield stream.says(len(lure) + 2 * size, three, originator(3)).capture

    capture = Capture("tcp_gap", "a lost segment, proved by an acknowledgement that covers it")
    stream = Stream(capture).opens().says(0, one, originator(1))
    stream.says(2 * size, three, originator(3)).hears(3 * size).says(3 * size, one, originator(1))
    yield capture
    capture = Capture("tcp_gap_closed", "a lost segment, and then the stream ends")
    stream = Stream(capture).opens().says(0, one, originator(1)).says(2 * size, three, originator(3))
    yield stream.says(3 * size, flags=FIN | ACK).capture
    capture = Capture("tcp_gap_at_the_end", "a lost segment, and then the input ends")
    yield Stream(capture).opens().says(0, one, originator(1)).says(2 * size, three, originator(3)).capture

    capture = Capture("tcp_unfinished", "messages that never end: the stream falls idle, the input ends")
    Stream(capture).opens().says(0, one[:30], drop="segment_expired")
    capture.now += 200 * 10**9
    Stream(capture, port=40001).opens().says(0, two, originator(2)).says(size, three[:30], drop="segment_incomplete")
    yield capture


def captures():
    yield from in_order()
    yield from disordered()
    yield from ends_and_beginnings()
