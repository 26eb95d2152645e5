# SPDX-License-Identifier: Apache-2.0
"""A capture in the making: frames, and beside each what the product must say of it.

The author of a frame knows whether it completes a reverse query, so the rows and the ledger that are expected come
from here and from no other reader of captures.
"""

import ipaddress

import files
import wire

START = 1_700_000_000 * 10**9
STEP = 1_003_000  # between frames, in nanoseconds; whole microseconds, so that every resolution can hold it

# The cast. Querier and authority of the outer headers of tunnels are 10.0.0.1 and 10.0.0.2, fd00::1 and fd00::2.
QUERIER, AUTHORITY = "198.51.100.7", "192.0.2.53"
QUERIER6, AUTHORITY6 = "2001:db8:51::7", "2001:db8:2::53"


def originator(number):
    return f"203.0.113.{number}"


def originator6(number):
    return str(ipaddress.ip_address(0x20010DB8CAFE00000000000000000000 + number))


def asks(address, querier=QUERIER, authority=AUTHORITY, **ports):
    """The IP packet of a plain query over UDP."""
    return wire.udp(querier, authority, wire.query(address), **ports)


def asks6(address):
    return asks(address, QUERIER6, AUTHORITY6)


def time_text(time, digits):
    seconds, rest = divmod(time, 10**9)
    return f"{seconds}.{rest:09d}"[: 10 + 1 + digits] if digits else str(seconds)


class Capture:
    """`suffix` is that of the file; `digits` those of its resolution; `drops` and `minimised` what the ledger holds."""

    def __init__(self, name, theme, *, link=1, suffix="pcap", digits=6, arguments="", exit_code=0):
        self.name, self.theme, self.link, self.suffix, self.digits = name, theme, link, suffix, digits
        self.arguments, self.exit_code = arguments, exit_code
        self.now = START
        self.frames = []  # (time, octets, length on the wire)
        self.rows = []
        self.drops = {}
        self.minimised = 0
        self.contents = None  # file name to octets, where it is not one plain pcap
        self.paths = None  # what the program is given, where it is not the one file; '-<FILE' is standard input

    def add(self, octets, row=None, *, drop=None, minimised=False, length=None, at=None, step=STEP, units=1):
        """The next frame. `row` is (originator, querier, authority, transport), or a list of them, that it completes.

        `drop` is the reason under which the ledger counts what this frame brought, `units` times.
        """
        time = self.now if at is None else at
        self.frames.append((time, octets, len(octets) if length is None else length))
        for each in row if isinstance(row, list) else [row] if row else []:
            self.expect(each, time)
        if drop:
            self.counts(drop, units)
        self.minimised += minimised
        if at is None:
            self.now += step
        return self

    def expect(self, row, time):
        self.rows.append("\t".join((time_text(time, self.digits), *row)))

    def counts(self, drop, units=1):
        self.drops[drop] = self.drops.get(drop, 0) + units

    def asks(self, address, around=wire.ether):
        """A plain query over IPv4 inside whatever `around` puts about it."""
        return self.add(around(asks(address)), (address, QUERIER, AUTHORITY, "udp"))

    def asks6(self, address, around=wire.ether):
        return self.add(around(asks6(address)), (address, QUERIER6, AUTHORITY6, "udp"))

    def files(self):
        if self.contents is not None:
            return self.contents
        return {f"{self.name}.{self.suffix}": files.pcap(self.frames, self.link)}

    def tsv(self):
        return "".join(row + "\n" for row in self.rows)

    def manifest_row(self):
        paths = self.paths or list(self.files())
        drops = " ".join(f"{name}={units}" for name, units in sorted(self.drops.items()))
        return "\t".join((self.name, " ".join(paths), self.arguments, str(self.exit_code), str(self.minimised), drops,
                          self.theme))
