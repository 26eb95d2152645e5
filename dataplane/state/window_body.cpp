// SPDX-License-Identifier: Apache-2.0
#include "dataplane/state/window_body.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "dataplane/state/ledger_octets.hpp"
#include "dataplane/state/source_stretches.hpp"
#include "dataplane/state/varint.hpp"

namespace echotap {

namespace {

std::int64_t nanoseconds(Timestamp time) {
    return time.time_since_epoch().count();
}

Timestamp timestamp(std::int64_t nanoseconds) {
    return Timestamp(std::chrono::nanoseconds(nanoseconds));
}

/// Differences are taken modulo 2^64, so that no pair of times overflows.
std::int64_t difference(Timestamp later, Timestamp earlier) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(nanoseconds(later)) -
                                     static_cast<std::uint64_t>(nanoseconds(earlier)));
}

Timestamp sum(Timestamp earlier, std::int64_t difference) {
    return timestamp(static_cast<std::int64_t>(static_cast<std::uint64_t>(nanoseconds(earlier)) +
                                               static_cast<std::uint64_t>(difference)));
}

Uint128 address_number(const IpAddress& address) {
    Uint128 number = 0;
    for (const std::uint8_t octet : address.octets()) {
        number = number << 8U | octet;
    }
    return number;
}

IpAddress address_of(Uint128 number) {
    std::array<std::uint8_t, 16> octets{};
    for (auto octet = octets.rbegin(); octet != octets.rend(); ++octet) {
        *octet = static_cast<std::uint8_t>(number);
        number >>= 8U;
    }
    return IpAddress::from_v6(octets.data());
}

/// What ascends: the first value itself, then by how much more than one each exceeds the one before.
class AscentWriter {
public:
    void write(VarintWriter& to, Uint128 value) {
        to.number(value - next_);
        next_ = value + 1;
    }

private:
    Uint128 next_ = 0;
};

class AscentReader {
public:
    explicit AscentReader(Uint128 max) : max_(max) {}

    Uint128 read(VarintReader& from) {
        const Uint128 step = from.number128();
        if (is_full_ || step > max_ - next_) {
            from.refuse("a value beyond what it may be");
        }
        const Uint128 value = next_ + step;
        is_full_ = value == max_;
        next_ = is_full_ ? value : value + 1;
        return value;
    }

private:
    Uint128 max_;
    Uint128 next_ = 0;
    bool is_full_ = false;
};

void write_list(VarintWriter& to, std::span<const std::uint32_t> list) {
    to.number(list.size());
    AscentWriter ascent;
    for (const std::uint32_t value : list) {
        ascent.write(to, value);
    }
}

void read_list(VarintReader& from, std::vector<std::uint32_t>& list, std::uint32_t max) {
    list.clear();
    AscentReader ascent(max);
    for (std::uint64_t count = from.number(from.left()); count != 0; --count) {
        list.push_back(static_cast<std::uint32_t>(ascent.read(from)));
    }
}

/// Periods in the order of unsigned numbers: the lowest is 0.
std::uint32_t unsigned_period(std::int32_t period) {
    return static_cast<std::uint32_t>(period) ^ 0x8000'0000U;
}

std::int32_t signed_period(std::uint32_t period) {
    return static_cast<std::int32_t>(period ^ 0x8000'0000U);
}

void write_periods(VarintWriter& to, std::span<const std::int32_t> periods) {
    to.number(periods.size());
    AscentWriter ascent;
    for (const std::int32_t period : periods) {
        ascent.write(to, unsigned_period(period));
    }
}

void read_periods(VarintReader& from, std::vector<std::int32_t>& periods) {
    periods.clear();
    AscentReader ascent(std::numeric_limits<std::uint32_t>::max());
    for (std::uint64_t count = from.number(from.left()); count != 0; --count) {
        periods.push_back(signed_period(static_cast<std::uint32_t>(ascent.read(from))));
    }
}

/// Writes and reads the counters of a window in one order.
template <class Counts, class Visit>
void for_each_count(Counts& counts, Visit&& visit) {
    visit(counts.reverse);
    visit(counts.minimised);
    visit(counts.repeats);
    visit(counts.late);
    visit(counts.queue_drops);
    visit(counts.filter_overflows);
    visit(counts.parts.queries);
    visit(counts.parts.minimised);
    visit(counts.parts.refused);
    visit(counts.parts.evicted_originators);
    visit(counts.parts.evicted_prefixes);
    visit(counts.parts.evicted_queries);
    visit(counts.parts.incomplete);
}

/// By source: how many there are, and of each how far it is from the one before (from the start) and how long.
void write_absences(VarintWriter& to, const WindowHeader& header) {
    for (const SourceDigest& source : header.sources) {
        const std::span<const SourceAbsence> absences = absences_of(header, source);
        to.number(absences.size());
        Timestamp at = header.start;
        for (const SourceAbsence& absence : absences) {
            to.number(static_cast<std::uint64_t>(difference(absence.from, at)));
            to.number(static_cast<std::uint64_t>(difference(absence.to, absence.from)));
            at = absence.to;
        }
    }
}

void write_header(VarintWriter& to, const WindowHeader& header) {
    to.text(header.view);
    to.signed_number(header.length.count());
    to.number(static_cast<std::uint64_t>(header.families));
    to.signed_number(nanoseconds(header.anchor));
    to.number(header.sampling);
    to.signed_number(header.repeat_interval.count());
    to.number(header.sample_key_fingerprint);
    to.number(header.sites.size());
    for (const std::string& site : header.sites) {
        to.text(site);
    }
    to.number(header.sources.size());
    for (const SourceDigest& source : header.sources) {
        to.raw(source.octets);
    }
    to.signed_number(nanoseconds(header.start));
    to.signed_number(difference(header.end, header.start));
    write_absences(to, header);
    to.number(header.revision);
    write_ledger(to, header.ledger);
    for_each_count(header.counts, [&](std::uint64_t count) { to.number(count); });
    to.number(header.gaps);
    to.number(static_cast<std::uint64_t>(header.completeness));
    to.number(header.sample_size);
    to.number(header.is_sample_reduced ? 1 : 0);
    to.number(~header.querier_bound);
    to.number(header.is_estimated ? 1 : 0);
}

template <class T>
void expect_ascent(const VarintReader& at, const std::vector<T>& list) {
    if (std::adjacent_find(list.begin(), list.end(), std::greater_equal<>()) != list.end()) {
        at.refuse("a list that does not ascend");
    }
}

void read_absences(VarintReader& from, WindowHeader& header) {
    const auto span = static_cast<std::uint64_t>(difference(header.end, header.start));
    for (const SourceDigest& source : header.sources) {
        std::uint64_t at = 0;  // from the start
        const auto absence_count = from.number(from.left());
        if (absence_count != 0 && (header.length.count() == 0 || header.start >= header.end)) {
            from.refuse("a source's absence from a window of no grid");
        }
        for (std::uint64_t i = 0; i < absence_count; ++i) {
            const std::uint64_t before = from.number(span - at);
            const std::uint64_t length = from.number(span - at - before);
            if ((i != 0 && before == 0) || length == 0 || length == span) {
                from.refuse("a source's absence that is none, is two or is everywhere");
            }
            at += before + length;
            const auto time = [&](std::uint64_t past) { return sum(header.start, static_cast<std::int64_t>(past)); };
            header.absences.push_back({source, time(at - length), time(at)});
        }
    }
}

WindowHeader read_header(VarintReader& from, std::uint32_t version) {
    constexpr std::uint32_t max = std::numeric_limits<std::uint32_t>::max();
    WindowHeader header;
    header.view = from.text();
    header.length = std::chrono::seconds(from.signed_number());
    if (version > 1) {
        header.families =
            static_cast<OriginatorFamilies>(from.number(static_cast<std::uint64_t>(OriginatorFamilies::v6)));
    }
    header.anchor = timestamp(from.signed_number());
    header.sampling = static_cast<std::uint32_t>(from.number(max));
    header.repeat_interval = std::chrono::microseconds(from.signed_number());
    header.sample_key_fingerprint = from.number();
    for (std::uint64_t count = from.number(from.left()); count != 0; --count) {
        header.sites.push_back(from.text());
    }
    expect_ascent(from, header.sites);
    for (std::uint64_t count = from.number(from.left()); count != 0; --count) {
        SourceDigest& source = header.sources.emplace_back();
        const Octets octets = from.raw(source.octets.size());
        std::copy(octets.begin(), octets.end(), source.octets.begin());
    }
    expect_ascent(from, header.sources);
    header.start = timestamp(from.signed_number());
    header.end = sum(header.start, from.signed_number());
    if (version > 1) {
        read_absences(from, header);
    }
    header.revision = static_cast<std::uint32_t>(from.number(max));
    header.ledger = read_ledger(from);
    for_each_count(header.counts, [&](std::uint64_t& count) { count = from.number(); });
    header.gaps = static_cast<std::uint32_t>(from.number((1U << gap_count) - 1));
    header.completeness = static_cast<Completeness>(from.number(static_cast<std::uint64_t>(Completeness::no)));
    header.sample_size = static_cast<std::uint32_t>(from.number(max));
    header.is_sample_reduced = from.flag();
    header.querier_bound = ~from.number();
    header.is_estimated = from.flag();
    return header;
}

void write_counts(VarintWriter& to, std::span<const AskedCounts> counts) {
    for (const AskedCounts& of_one : counts) {
        to.number(of_one.full);
        to.number(of_one.minimised);
    }
}

void write_queriers(VarintWriter& to, const QuerierColumns& queriers) {
    VarintWriter v4;
    AscentWriter v4_ascent;
    for (const std::uint32_t querier : queriers.v4) {
        v4_ascent.write(v4, querier);
    }
    VarintWriter v4_counts;
    write_counts(v4_counts, queriers.v4_counts);
    VarintWriter v6;
    AscentWriter v6_ascent;
    for (const IpAddress& querier : queriers.v6) {
        v6_ascent.write(v6, address_number(querier));
    }
    VarintWriter v6_counts;
    write_counts(v6_counts, queriers.v6_counts);
    for (const VarintWriter* const column : {&v4, &v4_counts, &v6, &v6_counts}) {
        to.column(*column);
    }
}

QuerierColumns read_queriers(VarintReader& from) {
    QuerierColumns queriers;
    VarintReader v4 = from.column();
    VarintReader v4_counts = from.column();
    AscentReader v4_ascent(std::numeric_limits<std::uint32_t>::max());
    while (!v4.is_at_end()) {
        queriers.v4.push_back(static_cast<std::uint32_t>(v4_ascent.read(v4)));
        const std::uint64_t full = v4_counts.number();
        queriers.v4_counts.push_back({full, v4_counts.number()});
        if (queriers.v4_counts.back().none()) {
            v4_counts.refuse("a querier without a query");
        }
    }
    v4_counts.expect_end();
    VarintReader v6 = from.column();
    VarintReader v6_counts = from.column();
    AscentReader v6_ascent(~Uint128{0});
    while (!v6.is_at_end()) {
        queriers.v6.push_back(address_of(v6_ascent.read(v6)));
        if (queriers.v6.back().is_v4()) {
            v6.refuse("an IPv4 address among IPv6 ones");
        }
        const std::uint64_t full = v6_counts.number();
        queriers.v6_counts.push_back({full, v6_counts.number()});
    }
    v6_counts.expect_end();
    return queriers;
}

void write_originators(VarintWriter& to, const OriginatorColumns& originators, Timestamp start) {
    enum Column : std::size_t { address, queries, first, last, bound, periods, queriers_v4, queriers_v6, column_count };
    std::array<VarintWriter, column_count> columns;
    AscentWriter ascent;
    for (std::size_t i = 0; i < originators.size(); ++i) {
        const OriginatorRow row = originators[i];
        ascent.write(columns[address], address_number(row.address));
        columns[queries].number(row.queries);
        columns[first].signed_number(difference(row.first, start));
        columns[last].signed_number(difference(row.last, row.first));
        columns[bound].number(~row.bound);
        write_periods(columns[periods], row.periods);
        write_list(columns[queriers_v4], row.queriers_v4);
        write_list(columns[queriers_v6], row.queriers_v6);
    }
    for (const VarintWriter& column : columns) {
        to.column(column);
    }
}

OriginatorColumns read_originators(VarintReader& from, const WindowHeader& header, std::size_t v6_count) {
    VarintReader address = from.column();
    VarintReader queries = from.column();
    VarintReader first = from.column();
    VarintReader last = from.column();
    VarintReader bound = from.column();
    VarintReader periods = from.column();
    VarintReader queriers_v4 = from.column();
    VarintReader queriers_v6 = from.column();
    OriginatorColumns originators;
    std::vector<std::int32_t> period_list;
    std::vector<std::uint32_t> v4_list;
    std::vector<std::uint32_t> v6_list;
    AscentReader ascent(~Uint128{0});
    while (!address.is_at_end()) {
        OriginatorRow row;
        row.address = address_of(ascent.read(address));
        row.queries = queries.number();
        row.first = sum(header.start, first.signed_number());
        row.last = sum(row.first, last.signed_number());
        row.bound = ~bound.number();
        read_periods(periods, period_list);
        read_list(queriers_v4, v4_list, std::numeric_limits<std::uint32_t>::max());
        if (v6_count == 0) {
            v6_list.clear();
            queriers_v6.number(0);
        } else {
            read_list(queriers_v6, v6_list, static_cast<std::uint32_t>(v6_count - 1));
        }
        row.periods = period_list;
        row.queriers_v4 = v4_list;
        row.queriers_v6 = v6_list;
        if (row.queriers_kept() > header.sample_size) {
            queriers_v4.refuse("more queriers than the sample may have");
        }
        originators.push_back(row);
    }
    for (const VarintReader* const column : {&queries, &first, &last, &bound, &periods, &queriers_v4, &queriers_v6}) {
        column->expect_end();
    }
    return originators;
}

ClosedWindow read_window_body(VarintReader from, std::uint32_t version) {
    ClosedWindow window;
    window.header = read_header(from, version);
    window.queriers = read_queriers(from);
    const std::size_t v6_count = window.queriers.v6.size();
    window.originators = read_originators(from, window.header, v6_count);
    window.prefixes = read_originators(from, window.header, v6_count);
    if (window.prefixes.size() != 0 && window.prefixes.addresses().front() == IpAddress{}) {
        from.refuse("a prefix without its mark");
    }
    window.forget_unused_queriers();
    if (window.queriers.v6.size() != v6_count) {
        from.refuse("a querier that nothing refers to");
    }
    from.expect_end();
    return window;
}

}  // namespace

std::vector<std::uint8_t> encode_window_body(const ClosedWindow& window) {
    VarintWriter body;
    write_header(body, window.header);
    write_queriers(body, window.queriers);
    write_originators(body, window.originators, window.header.start);
    write_originators(body, window.prefixes, window.header.start);
    return body.take();
}

ClosedWindow decode_window_body(Octets body, const std::string& name, std::uint32_t version) {
    try {
        return read_window_body(VarintReader(body), version);
    } catch (const VarintError& error) {
        throw WindowFileError(fmt::format("{}: octet {} of {} of the unpacked window: {}; make the window again", name,
                                          error.position, body.size(), error.what));
    }
}

}  // namespace echotap
