# SPDX-License-Identifier: Apache-2.0
"""Captures of file formats: pcap and pcapng in all their forms, compression, cuts, several files in one run."""

import zlib

import files
from capture import AUTHORITY, AUTHORITY6, QUERIER, QUERIER6, START, STEP, Capture, asks, originator, originator6
from wire import UDP, datagram, ether, fragment_header, ipv4, ipv6, large_query, sll

ROW = (QUERIER, AUTHORITY, "udp")


def three_queries(name, theme, **options):
    capture = Capture(name, theme, **options)
    for number in (1, 2, 3):
        capture.asks(originator(number))
    return capture


def pcap_forms():
    forms = [("micro_little_endian", "<", {}), ("micro_big_endian", ">", {}),
             ("nano_little_endian", "<", {"nanoseconds": True}), ("nano_big_endian", ">", {"nanoseconds": True}),
             ("modified_little_endian", "<", {"modified": True}), ("modified_big_endian", ">", {"modified": True}),
             ("snap_length_0", "<", {"snap_length": 0}), ("snap_length_absurd", ">", {"snap_length": 0xFFFFFFFF})]
    for name, order, options in forms:
        capture = three_queries(f"pcap_{name}", "a magic number of pcap", digits=9 if "nanoseconds" in options else 6)
        if "nanoseconds" in options:
            # Nanoseconds that microseconds would lose.
            time = capture.now + 123
            capture.add(ether(asks(originator(4))), (originator(4), *ROW), at=time)
        capture.contents = {f"{capture.name}.pcap": files.pcap(capture.frames, order=order, **options)}
        yield capture
    # The check sequence announced in the upper bits of the link type (4 octets of it), as some NICs leave it there.
    capture = three_queries("pcap_check_sequence", "a link type field that announces an FCS of two words")
    frames = [(time, frame + b"\xde\xad\xbe\xef", length + 4) for time, frame, length in capture.frames]
    capture.contents = {f"{capture.name}.pcap": files.pcap(frames, 0x24000001)}
    yield capture
    capture = Capture("pcap_empty", "a header and no frame")
    yield capture


def compressed():
    # Two captures' worth of octets, divided between two members in the middle of a record.
    capture = three_queries("compressed", "gz, xz, zst and lz4, each as several members")
    plain = files.pcap(capture.frames)
    halves = (plain[:100], plain[100:])
    forms = {"gz": b"".join(files.gz(half) for half in halves), "xz": b"".join(files.xz(half) for half in halves)}
    for suffix, compress in (("zst", files.zst), ("lz4", files.lz4)):
        members = [compress(half) for half in halves]
        forms[suffix] = None if None in members else b"".join(members)
    if forms["zst"] is not None:
        forms["zst"] = files.zst_skippable(b"passed over") + forms["zst"]
    for suffix, octets in forms.items():
        one = three_queries(f"compressed_{suffix}", f"{suffix} of two members that meet inside a record")
        one.contents = {f"{one.name}.pcap.{suffix}": octets}
        yield one
        by_pipe = three_queries(f"compressed_{suffix}_from_a_pipe", f"{suffix} on standard input")
        by_pipe.contents, by_pipe.paths = {}, [f"-<compressed_{suffix}.pcap.{suffix}"]
        yield by_pipe
    misnamed = three_queries("misnamed", "gz of a pcapng under a name that says nothing: the content decides")
    packets = b"".join(files.enhanced_packet(0, time // 1000, frame) for time, frame, _ in misnamed.frames)
    misnamed.contents = {"misnamed.txt": files.gz(files.section_header() + files.interface(1) + packets)}
    yield misnamed


def cut_short():
    for suffix, make in (("pcap", lambda c: files.pcap(c.frames)), ("pcapng", as_pcapng)):
        capture = three_queries(f"cut_{suffix}", "a file that ends in the middle of a record", exit_code=3)
        whole = make(capture)
        capture.rows.pop()
        capture.counts("record_truncated")
        capture.contents = {f"{capture.name}.{suffix}": whole[:-30]}
        yield capture
    capture = three_queries("cut_gz", "a compressed file that ends too early", exit_code=3)
    capture.rows.pop()
    capture.counts("record_truncated")
    # Stored and not deflated, so that the octets before the cut are there whatever the decompressor.
    compressor = zlib.compressobj(0, zlib.DEFLATED, 31)
    octets = compressor.compress(files.pcap(capture.frames)) + compressor.flush()
    capture.contents = {"cut_gz.pcap.gz": octets[:-40]}
    yield capture


def as_pcapng(capture, order="<"):
    packets = [files.enhanced_packet(0, time // 1000, frame, length, order) for time, frame, length in capture.frames]
    return files.section_header(order) + files.interface(1, order) + b"".join(packets)


def pcapng_forms():
    for name, order in (("little_endian", "<"), ("big_endian", ">")):
        capture = three_queries(f"pcapng_{name}", "one section in that order", suffix="pcapng")
        capture.contents = {f"{capture.name}.pcapng": as_pcapng(capture, order)}
        yield capture

    capture = three_queries("pcapng_blocks", "unknown blocks, options, comments, obsolete packets between the packets")
    frames = capture.frames
    name_resolution = files.block(4, bytes(4))
    statistics = files.block(5, bytes(12))
    private = files.block(0x40000BAD, b"private to somebody" * 9)
    comment = files.option(1, "a comment é".encode()) + files.option(0, b"")
    commented = files.enhanced_packet(0, frames[0][0] // 1000, frames[0][1])
    body = commented[8:-4] + comment
    content = [files.section_header(), private, files.interface(1), name_resolution, files.block(6, body), statistics,
               files.obsolete_packet(0, frames[1][0] // 1000, frames[1][1]), private,
               files.enhanced_packet(0, frames[2][0] // 1000, frames[2][1]), statistics]
    capture.contents = {"pcapng_blocks.pcapng": b"".join(content)}
    yield capture

    for order, name in (("<", "little"), (">", "big")):
        yield resolutions(order, name)
    yield sections()
    yield interfaces()
    yield simple_packets()


def resolutions(order, name):
    """Interfaces of every resolution in one section; rows have the digits that each resolution needs."""
    capture = Capture(f"pcapng_resolutions_{name}_endian", "if_tsresol and if_tsoffset", suffix="pcapng")
    content = files.section_header(order)
    # if_tsresol, ticks per second, digits of it, if_tsoffset
    table = [(None, 10**6, 6, None), (3, 10**3, 3, None), (6, 10**6, 6, None), (9, 10**9, 9, None), (0, 1, 0, None),
             (0x8A, 2**10, 9, None), (9, 10**9, 9, 1_600_000_000), (6, 10**6, 6, -3600)]
    for resolution, _, _, offset in table:
        content += files.interface(1, order, resolution=resolution, offset=offset)
    for number, (_, per_second, digits, offset) in enumerate(table):
        # A multiple of 1/512 s: whole ticks of 2^-10 s and whole nanoseconds, and cut where decimals are fewer.
        seconds, parts = 1_700_000_000 + number, 37
        time = seconds * 10**9 + parts * 10**9 // 512
        ticks = (seconds - (offset or 0)) * per_second + parts * per_second // 512
        content += files.enhanced_packet(number, ticks, ether(asks(originator(number))), order=order)
        capture.digits = digits
        capture.expect((originator(number), *ROW), time)
    capture.contents = {f"{capture.name}.pcapng": content}
    return capture


def sections():
    capture = three_queries("pcapng_sections", "sections of both byte orders, each with interfaces of its own")
    content = b""
    for strangers, order, (time, frame, length) in zip((2, 0, 1), "<><", capture.frames):
        body = files.interface(147, order) * strangers + files.interface(1, order)
        body += files.enhanced_packet(strangers, time // 1000, frame, length, order)
        content += files.section_header(order, -1 if order == ">" else len(body)) + body
    capture.contents = {"pcapng_sections.pcapng": content}
    return capture


def interfaces():
    capture = Capture("pcapng_interfaces", "interfaces of several link types, snap lengths and resolutions")
    capture.asks(originator(1)).asks(originator(2), sll).asks(originator(3), lambda packet: packet)
    capture.add(ether(asks(originator(4))), drop="link_unknown").asks(originator(5))
    content = files.section_header()
    for link, resolution in ((1, 9), (113, 6), (101, None), (147, None)):
        content += files.interface(link, resolution=resolution, snap_length=200)
    numbers = (0, 1, 2, 3, 0)
    for number, (time, frame, _) in zip(numbers, capture.frames):
        content += files.enhanced_packet(number, time if number == 0 else time // 1000, frame)
    for place, number in ((0, 0), (3, 0)):  # the rows of the first interface have nanoseconds
        time, rest = capture.rows[place].split("\t", 1)
        capture.rows[place] = f"{time}000\t{rest}"
    capture.contents = {"pcapng_interfaces.pcapng": content}
    return capture


def simple_packets():
    """Simple packets have no time of their own; they are taken at that of the packet before, to the second."""
    capture = Capture("pcapng_simple_packets", "simple packets, one cut by the snap length; their times have no decimals")
    long = ether(asks(originator(3)) + bytes(200))
    content = files.section_header() + files.interface(1, snap_length=120)
    content += files.enhanced_packet(0, START // 1000, ether(asks(originator(1))))
    content += files.simple_packet(ether(asks(originator(2))))
    content += files.block(3, (len(long)).to_bytes(4, "little") + long[:120])
    for number, capture.digits in ((1, 6), (2, 0), (3, 0)):
        capture.expect((originator(number), *ROW), START)
    capture.contents = {"pcapng_simple_packets.pcapng": content}
    return capture


def wild_times():
    capture = Capture("wild_times", "single frames whose clock is years away upset nothing")
    capture.add(ether(asks(originator(1))), (originator(1), *ROW), at=START + 10**18)  # the very first one
    payload = datagram(QUERIER, AUTHORITY, large_query(originator(2), 300))
    piece = lambda first, last, more: ether(ipv4(QUERIER, AUTHORITY, UDP, payload[first:last], ident=1, offset=first,
                                                 more=more))
    capture.add(piece(0, 64, True))
    capture.add(ether(asks(originator(3))), (originator(3), *ROW), at=START + 4 * 10**17)
    capture.add(ether(asks(originator(4))), (originator(4), *ROW), at=10**18)
    capture.add(piece(64, len(payload), False), (originator(2), *ROW))
    for number in range(5, 130):
        capture.asks(originator(number))
    yield capture


def merged():
    """A folder of captures whose times overlap, and one file that is none."""
    capture = Capture("merged", "a folder: files in name order, merged by time; what is no capture is passed over")
    folder = {"a.pcap": [], "b.pcapng": [], "nested/c.pcap": []}
    for number in range(30):
        time = START + number * STEP
        # The first file has every second frame, and they all end at different times.
        file = ("a.pcap", "b.pcapng", "a.pcap", "nested/c.pcap")[number % 4]
        folder[file].append((time, ether(asks(originator(number))), 0))
        capture.expect((originator(number), *ROW), time)
    # Equal times: the order of the names decides.
    time = START + 30 * STEP
    for number, file in zip((30, 31, 32), folder):
        folder[file].append((time, ether(asks(originator(number))), 0))
        capture.expect((originator(number), *ROW), time)
    packets = b"".join(files.enhanced_packet(0, time // 1000, frame) for time, frame, _ in folder["b.pcapng"])
    whole = lambda frames: [(time, frame, len(frame)) for time, frame, _ in frames]
    capture.contents = {
        "merged/a.pcap": files.pcap(whole(folder["a.pcap"])),
        "merged/b.pcapng": files.section_header() + files.interface(1) + packets,
        "merged/nested/c.pcap": files.pcap(whole(folder["nested/c.pcap"]), order=">"),
        "merged/notes.txt": b"This file is no capture, and a folder may hold such files.\n",
    }
    capture.paths = ["merged"]
    yield capture

    two = Capture("merged_by_name", "the same files named one by one, in another order")
    two.rows = capture.rows[:30] + [capture.rows[31], capture.rows[32], capture.rows[30]]
    two.contents, two.paths = {}, ["merged/b.pcapng", "merged/nested/c.pcap", "merged/a.pcap"]
    yield two

    across = Capture("merged_fragments", "the two halves of a packet in two files")
    payload = datagram(QUERIER6, AUTHORITY6, large_query(originator6(1), 300))
    halves = [ether(ipv6(QUERIER6, AUTHORITY6, 44, fragment_header(UDP, first, more, 1) + payload[first:last]))
              for first, last, more in ((0, 128, True), (128, len(payload), False))]
    across.contents = {f"halves/{place}.pcap": files.pcap([(START + place * STEP, half, len(half))])
                       for place, half in enumerate(halves)}
    across.paths = ["halves"]
    across.expect((originator6(1), QUERIER6, AUTHORITY6, "udp"), START + STEP)
    yield across


def captures():
    yield from pcap_forms()
    yield from compressed()
    yield from cut_short()
    yield from pcapng_forms()
    yield from wild_times()
    yield from merged()
