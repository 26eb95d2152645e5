// SPDX-License-Identifier: Apache-2.0
#include "dataplane/state/checkpoint_head.hpp"

#include <algorithm>
#include <functional>
#include <limits>

#include "dataplane/state/ledger_octets.hpp"

namespace echotap {

namespace {

void write_time(VarintWriter& to, Timestamp time) {
    to.signed_number(time.time_since_epoch().count());
}

Timestamp read_time(VarintReader& from) {
    return Timestamp(std::chrono::nanoseconds(from.signed_number()));
}

IpAddress read_address(VarintReader& from) {
    return IpAddress::from_v6(from.raw(16).data());
}

void write_key(VarintWriter& to, const HashKey& key) {
    to.number(key.first);
    to.number(key.second);
}

HashKey read_key(VarintReader& from) {
    const std::uint64_t first = from.number();
    return {first, from.number()};
}

void write_waiting(VarintWriter& to, const WaitingQuery& waiting) {
    write_time(to, waiting.time);
    write_time(to, waiting.clock);
    to.number(static_cast<std::uint64_t>(waiting.query.kind));
    to.number(waiting.query.view);
    to.raw(waiting.query.originator.octets());
    to.raw(waiting.query.querier.octets());
}

WaitingQuery read_waiting(VarintReader& from, const HashKey& table_key) {
    WaitingQuery waiting;
    waiting.time = read_time(from);
    waiting.clock = read_time(from);
    const auto kind = static_cast<OriginatorKind>(from.number(originator_kind_count - 1));
    const auto view = static_cast<std::uint16_t>(from.number(std::numeric_limits<std::uint16_t>::max()));
    const IpAddress originator = read_address(from);
    const IpAddress querier = read_address(from);
    if (kind == OriginatorKind::prefix) {
        if (originator == IpAddress{}) {
            from.refuse("a prefix without its mark");
        }
        waiting.query = StateQuery::of(
            table_key,
            MinimisedQuery{
                .time = {}, .prefix = unmark_prefix(originator), .querier = querier, .authority = {}, .view = view},
            waiting.time);
    } else {
        waiting.query = StateQuery::of(
            table_key,
            ReverseQuery{.time = {}, .originator = originator, .querier = querier, .authority = {}, .view = view},
            waiting.time);
    }
    if (waiting.query.kind != kind) {
        from.refuse("an originator of another family");
    }
    return waiting;
}

void write_books(VarintWriter& to, const RunBooks& books) {
    to.number(books.frames);
    write_time(to, books.first);
    write_time(to, books.last);
    to.number(books.series.size());
    for (const RunBooks::Series& series : books.series) {
        to.signed_number(series.number);
        to.number(series.windows.size());
        for (const auto& [number, window] : series.windows) {
            to.signed_number(number);
            write_ledger(to, window.ledger);
            to.number(window.is_interrupted ? 1 : 0);
        }
    }
    to.number(books.fragments_held);
    to.number(books.segments_held);
    to.number(books.waiting.size());
    for (const WaitingQuery& waiting : books.waiting) {
        write_waiting(to, waiting);
    }
}

RunBooks read_books(VarintReader& from, const HashKey& table_key) {
    RunBooks books;
    books.frames = from.number();
    books.first = read_time(from);
    books.last = read_time(from);
    for (std::uint64_t count = from.number(from.left()); count != 0; --count) {
        RunBooks::Series& series = books.series.emplace_back();
        series.number = read_window_number(from);
        for (std::uint64_t windows = from.number(from.left()); windows != 0; --windows) {
            const std::int64_t number = read_window_number(from);
            if (!series.windows.empty() && number <= series.windows.rbegin()->first) {
                from.refuse("windows out of order");
            }
            OpenBooks& window = series.windows[number];
            window.ledger = read_ledger(from);
            window.is_interrupted = from.flag();
        }
    }
    books.fragments_held = from.number();
    books.segments_held = from.number();
    for (std::uint64_t count = from.number(from.left()); count != 0; --count) {
        books.waiting.push_back(read_waiting(from, table_key));
    }
    return books;
}

}  // namespace

std::int64_t read_window_number(VarintReader& from) {
    const std::int64_t number = from.signed_number();
    if (number != static_cast<std::int32_t>(number)) {
        from.refuse("the number of no window");
    }
    return number;
}

bool RunBooks::is_at(const RunBooks& other) const {
    constexpr auto have_as_many = [](const auto& one, const auto& two) {
        constexpr auto frame = static_cast<std::size_t>(Stage::frame);
        return one.first == two.first && one.second.ledger.in[frame] == two.second.ledger.in[frame];
    };
    return frames == other.frames && first == other.first && last == other.last &&
           std::ranges::equal(series, other.series, [&](const Series& one, const Series& two) {
               return one.number == two.number && std::ranges::equal(one.windows, two.windows, have_as_many);
           });
}

void write_checkpoint_head(VarintWriter& to, const CheckpointHead& head) {
    to.number(head.settings.size());
    for (const auto& [name, value] : head.settings) {
        to.text(name);
        to.text(value);
    }
    to.number(head.sources.size());
    for (const SourceDigest& source : head.sources) {
        to.raw(source.octets);
    }
    write_key(to, head.table_key);
    to.number(head.filter_octets);
    write_books(to, head.books);
}

CheckpointHead read_checkpoint_head(VarintReader& from) {
    CheckpointHead head;
    for (std::uint64_t count = from.number(from.left()); count != 0; --count) {
        std::string name = from.text();
        head.settings.emplace_back(std::move(name), from.text());
    }
    for (std::uint64_t count = from.number(from.left()); count != 0; --count) {
        SourceDigest& source = head.sources.emplace_back();
        const Octets octets = from.raw(source.octets.size());
        std::copy(octets.begin(), octets.end(), source.octets.begin());
    }
    if (std::ranges::adjacent_find(head.sources, std::greater_equal<>()) != head.sources.end()) {
        from.refuse("sources out of order");
    }
    head.table_key = read_key(from);
    head.filter_octets = from.number();
    head.books = read_books(from, head.table_key);
    return head;
}

}  // namespace echotap
