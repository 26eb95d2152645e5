#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The features of originators straight from the definitions (Fukuda, Heidemann, IMC 2015, section 3.3;
docs/features.md), slowly and with nothing but Python's standard library.

    echotap queries capture.pcap | features_reference.py [--names FILE] [--networks FILE] [--sensitivity]

Queries: time, originator, querier, authority, transport, between tabs, as `echotap queries` prints them. Names: address
and name, NXDOMAIN or UNREACH. Networks: prefix, country, AS number; `-` or nothing where it is not known. Prints CSV, a
row per originator and IPv6 prefix; with --sensitivity how the features would come out if they were normalised in other
ways.
"""

import argparse
import collections
import decimal
import ipaddress
import math
import re
import sys

CATEGORIES = ("home", "mail", "ns", "fw", "antispam", "www", "ntp", "cdn", "aws", "ms", "google", "other_unclassified",
              "unreach", "nxdomain")
KEYWORDS = {  # [FH], as printed
    "home": "ap cable cpe customer dsl dynamic fiber flets home host ip net pool pop retail user",
    "mail": "mail mx smtp post correo poczta send* lists newsletter zimbra mta pop imap",
    "ns": "cns dns ns cache resolv* name",
    "fw": "firewall wall fw",
    "antispam": "ironport spam",
    "www": "www",
    "ntp": "ntp",
}
PROVIDERS = {"cdn": ("akamaitechnologies.com", "edgecast.com", "cdnetworks.com", "llnw.net"), "aws": ("amazonaws.com",),
             "ms": ("cloudapp.net",), "google": ("google.com", "1e100.net")}
DYNAMIC = ("queries_per_querier", "query_persistence", "local_entropy", "global_entropy", "unique_ases",
           "unique_countries", "queriers_per_country", "queriers_per_as")
OURS = ("footprint_log", "ipv6_share", "growth_exponent", "gap_variation", "daily_strength", "shared_queriers",
        "minimising_share")


# --- names ---

def has_own_digits(name, address):
    """Two or more octets of an IPv4 address in a row, forwards or backwards, apart or padded; or all in hexadecimal."""
    octets = [int(each) for each in str(address).split(".")] if address.version == 4 else None
    if octets is None:
        return False
    if "".join(f"{octet:02x}" for octet in octets) in name:
        return True
    numbers = [int(each) for each in re.findall(r"\d+", name) if len(each) <= 3]
    pairs = set(zip(octets, octets[1:])) | set(zip(octets[::-1], octets[-2::-1]))
    return any(pair in pairs for pair in zip(numbers, numbers[1:]))


def category_of(name, address):
    """Left-most component first, in it the first category in printed order; then providers by the end of the name."""
    if name in ("NXDOMAIN", "UNREACH"):
        return name.lower()
    name = name.lower().rstrip(".")
    for component in name.split(".")[:-1]:
        words = re.findall("[a-z]+", component)
        for category, keywords in KEYWORDS.items():
            if category == "home" and not has_own_digits(name, address):
                continue
            for keyword in keywords.split():
                if any(word.startswith(keyword[:-1]) if keyword.endswith("*") else word == keyword for word in words):
                    return category
    for category, ends in PROVIDERS.items():
        if any(name == end or name.endswith("." + end) for end in ends):
            return category
    return "other_unclassified"


# --- who asked for whom ---

def read_queries(lines):
    """(time, originator, querier) in the order of arrival; the time is exact."""
    for line in lines:
        time, originator, querier = line.rstrip("\n").split("\t")[:3]
        yield decimal.Decimal(time), ipaddress.ip_address(originator), ipaddress.ip_address(querier)


def counted(queries, interval=30):
    """Without what a querier asked again less than `interval` seconds after it last counted."""
    last = {}
    for time, originator, querier in queries:
        key = originator, querier
        if key not in last or time - last[key] >= interval:
            last[key] = time
            yield time, originator, querier


class Asked:
    def __init__(self):
        self.queries = 0
        self.queriers = set()
        self.periods = set()
        self.members = set()

    def add(self, time, originator, querier):
        self.queries += 1
        self.queriers.add(querier)
        self.periods.add(math.floor(time / 600))
        self.members.add(originator)


def gather(queries):
    """Originators, and /64s and /48s of IPv6 ones, by network."""
    found = collections.defaultdict(Asked)
    for time, originator, querier in queries:
        lengths = (32,) if originator.version == 4 else (128, 64, 48)
        for length in lengths:
            found[ipaddress.ip_network((originator, length), strict=False)].add(time, originator, querier)
    for network in [each for each in found if each.prefixlen in (64, 48) and each.version == 6]:
        below = {64: found[network].members,
                 48: {ipaddress.ip_network((each, 64), strict=False) for each in found[network].members}}
        if len(below[network.prefixlen]) < 2:
            del found[network]
    return found


# --- what is known of queriers ---

class Networks:
    """The longest prefix that holds an address says where it is."""

    def __init__(self, lines=()):
        self.known = {}
        for line in lines:
            prefix, country, number = line.rstrip("\n").split("\t")[:3]
            self.known[ipaddress.ip_network(prefix)] = (None if country in ("", "-") else country,
                                                        None if number in ("", "-") else int(number))

    def find(self, address):
        for length in range(address.max_prefixlen, -1, -1):
            network = ipaddress.ip_network((address, length), strict=False)
            if network in self.known:
                return self.known[network]
        return None, None


def entropy(keys):
    counts = collections.Counter(keys).values()
    total = sum(counts)
    return -math.fsum(count / total * math.log2(count / total) for count in counts) + 0.0


def prefix(address, v4, v6):
    return ipaddress.ip_network((address, v4 if address.version == 4 else v6), strict=False)


def place_of(network):
    """Among all addresses, where IPv4 ones are ::ffff:a.b.c.d."""
    return int(network.network_address) + (0xFFFF << 32 if network.version == 4 else 0)


class World:
    """All queries of one window, and what is known of their queriers."""

    def __init__(self, queries, names, networks, start=None, end=None, minimising=frozenset()):
        queries = list(queries)
        self.found = gather(queries)
        self.queriers = {querier for _, _, querier in queries}
        self.categories = {querier: category_of(names[querier], querier) for querier in self.queriers & names.keys()}
        where = {querier: networks.find(querier) for querier in self.queriers}
        self.countries = {querier: each[0] for querier, each in where.items() if each[0] is not None}
        self.ases = {querier: each[1] for querier, each in where.items() if each[1] is not None}
        self.start, self.end, self.minimising = start, end, minimising
        self.originators_of = collections.defaultdict(set)
        for _, originator, querier in queries:
            self.originators_of[querier].add(originator)

    def ranked(self, min_v4=20, min_v6=5):
        enough = [each for each in self.found
                  if len(self.found[each].queriers) >= (min_v4 if each.version == 4 else min_v6)]
        return sorted(enough, key=lambda each: (-len(self.found[each].queriers), place_of(each), each.prefixlen))

    def features(self, network):
        """By name; None is not known."""
        asked = self.found[network]
        queriers, size = asked.queriers, len(asked.queriers)
        known = [self.categories[each] for each in queriers if each in self.categories]
        row = {category: known.count(category) / len(known) if known else None for category in CATEGORIES}
        row["queries_per_querier"] = asked.queries / size
        row["query_persistence"] = len(asked.periods)
        row["local_entropy"] = entropy(prefix(each, 24, 48) for each in queriers) / math.log2(size) if size > 1 else 0.0
        row["global_entropy"] = entropy(prefix(each, 8, 32) for each in queriers) / 8
        for unique, per, by in (("unique_ases", "queriers_per_as", self.ases),
                                ("unique_countries", "queriers_per_country", self.countries)):
            own = {by[each] for each in queriers if each in by}
            row[unique] = len(own) / len(set(by.values())) if own else None
            row[per] = 1 / len(own) if own else None
        row["footprint_log"] = math.log10(size)
        row["ipv6_share"] = sum(each.version == 6 for each in queriers) / size
        row["growth_exponent"] = math.log(size) / math.log(asked.queries) if asked.queries > 1 else 1.0
        row["gap_variation"] = self.gap_variation(sorted(asked.periods))
        row["daily_strength"] = self.daily_strength(asked.periods)
        row["shared_queriers"] = sum(bool(self.originators_of[each] - asked.members) for each in queriers) / size
        row["minimising_share"] = sum(each in self.minimising for each in queriers) / size
        return row

    @staticmethod
    def gap_variation(periods):
        gaps = [later - earlier for earlier, later in zip(periods, periods[1:])]
        if len(gaps) < 2:
            return None
        mean = sum(gaps) / len(gaps)
        return math.sqrt(sum((gap - mean) ** 2 for gap in gaps) / len(gaps)) / mean

    def daily_strength(self, periods):
        """`start` and `end` are the first and last period that the window covers."""
        if self.start is None or self.end - self.start + 1 < 144:
            return None
        times = collections.Counter(period % 144 for period in range(self.start, self.end + 1))
        hands = [(2 * math.pi * (period % 144) / 144, 1 / times[period % 144]) for period in periods]
        x = math.fsum(weight * math.cos(angle) for angle, weight in hands)
        y = math.fsum(weight * math.sin(angle) for angle, weight in hands)
        return math.hypot(x, y) / math.fsum(weight for _, weight in hands)

    def other_readings(self, network):
        """The features as they would be if what [FH] leaves open were read in other ways."""
        asked = self.found[network]
        queriers, size = asked.queriers, len(asked.queriers)
        v4 = [each for each in queriers if each.version == 4]
        local = entropy(prefix(each, 24, 48) for each in queriers)
        wide = entropy(prefix(each, 8, 32) for each in queriers)
        bins = collections.Counter(prefix(each, 8, 32) for each in queriers)
        own = {self.countries[each] for each in queriers if each in self.countries}
        number = {self.ases[each] for each in queriers if each in self.ases}
        span = None if self.start is None else self.end - self.start + 1
        return {
            "local / log2 U": local / math.log2(size) if size > 1 else 0.0,
            "local / log2 distinct /24": local / math.log2(max(2, len({prefix(each, 24, 48) for each in queriers}))),
            "local / 24 bits": local / 24,
            "global / 8 bits": wide / 8,
            "global / log2 distinct /8": wide / math.log2(max(2, len(bins))),
            "global, Miller-Madow / 8 bits": (wide + (len(bins) - 1) / (2 * size * math.log(2))) / 8,
            "global of IPv4 queriers / 8 bits": entropy(prefix(each, 8, 0) for each in v4) / 8 if v4 else None,
            "persistence, share of the window": len(asked.periods) / span if span else None,
            "1 / countries": 1 / len(own) if own else None,
            "queriers / countries": size / len(own) if own else None,
            "1 / ASes": 1 / len(number) if number else None,
            "queriers / ASes": size / len(number) if number else None,
        }


def read_names(lines):
    rows = (line.rstrip("\n").split("\t")[:2] for line in lines)
    return {ipaddress.ip_address(address): name for address, name in rows}


def print_sensitivity(world, networks):
    """Mean and deviation of each reading over the originators."""
    rows = [world.other_readings(network) for network in networks]
    print(f"{'reading':34} {'mean':>9} {'deviation':>9}")
    for name in rows[0] if rows else ():
        values = [row[name] for row in rows if row[name] is not None]
        if not values:
            print(f"{name:34} {'-':>9} {'-':>9}")
            continue
        mean = math.fsum(values) / len(values)
        deviation = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / len(values))
        print(f"{name:34} {mean:9.4f} {deviation:9.4f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--names", type=argparse.FileType())
    parser.add_argument("--networks", type=argparse.FileType())
    parser.add_argument("--min-queriers", type=int, default=20)
    parser.add_argument("--min-queriers-v6", type=int, default=5)
    parser.add_argument("--sensitivity", action="store_true")
    options = parser.parse_args()
    queries = list(counted(read_queries(sys.stdin)))
    periods = [math.floor(time / 600) for time, _, _ in queries] or [0]
    world = World(queries, read_names(options.names or ()), Networks(options.networks or ()), min(periods),
                  max(periods))
    networks = world.ranked(options.min_queriers, options.min_queriers_v6)
    if options.sensitivity:
        print_sensitivity(world, networks)
        return
    print(",".join(("originator", "footprint", *CATEGORIES, *DYNAMIC, *OURS)))
    for network in networks:
        row = world.features(network)
        print(",".join((str(network), str(len(world.found[network].queriers)),
                        *("" if value is None else repr(value) for value in row.values()))))


if __name__ == "__main__":
    main()
