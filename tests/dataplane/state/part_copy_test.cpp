// SPDX-License-Identifier: Apache-2.0
#include "dataplane/state/part_copy.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <utility>

#include "tests/dataplane/state/window_maker.hpp"

namespace echotap {
namespace {

/// The window of a part, copied piece by piece, with `between` called after each piece.
template <class Between>
ClosedWindow copied(WindowPart& part, const HashKey& sample_key, std::size_t& pieces, Between&& between) {
    PartCopier copier;
    PartCopy copy;
    for (bool is_done = false; !is_done; ++pieces) {
        PartPiece piece;
        is_done = copier.copy_some(part, piece);
        EXPECT_LE(piece.originators.size() + piece.prefixes.size(), PartCopier::slots_max);
        EXPECT_LE(piece.originators.pairs() + piece.prefixes.pairs(), PartCopier::queriers_room);
        EXPECT_LE(piece.queriers_v4.size() + piece.queriers_v6.size(), PartCopier::queriers_room);
        copy.add(piece);
        between();
    }
    copy.finish(part.counts(), part.sample_size(), part.querier_bound());
    std::vector<PartCopy*> copies{&copy};
    WindowHeader header;
    header.sample_size = part.sample_size();
    return assemble(header, std::span<PartCopy* const>(copies), sample_key);
}

constexpr HashKey table_key{0x0123'4567'89ab'cdefU, 0xfedc'ba98'7654'3211U};

struct FilledPart {
    BlockPool pool{std::size_t{256} << 20U};
    WindowPart part;
    std::vector<StateQuery> queries;
    std::size_t added = 0;

    FilledPart(std::uint64_t seed, std::size_t size, std::size_t querier_range, std::uint32_t sample_size = 65'536)
        : part({.table_key = table_key, .sample_key = test::sample_key, .sample_size = sample_size}, pool),
          queries(test::random_queries(seed, size, querier_range)) {}

    void add(std::size_t count) {
        for (; count != 0 && added < queries.size(); --count, ++added) {
            StateQuery query = queries[added];
            query.originator_hash = query.kind == OriginatorKind::v4
                                        ? table_hash(table_key, v4_number(query.originator))
                                        : table_hash(table_key, query.originator);
            query.querier_hash = query.querier_is_v4 ? table_hash(table_key, v4_number(query.querier))
                                                     : table_hash(table_key, query.querier);
            part.add({&query, 1});
        }
    }

    ClosedWindow window() const {
        const WindowPart* const parts[] = {&part};
        WindowHeader header;
        header.sample_size = part.sample_size();
        return assemble(header, std::span<const WindowPart* const>(parts), test::sample_key);
    }
};

TEST(PartCopies, of_a_part_at_rest_are_its_window) {
    for (const std::uint32_t sample_size : {65'536U, 2'000U, 16U}) {
        for (std::uint64_t seed = 1; seed <= 3; ++seed) {
            FilledPart filled(seed, 60'000, seed == 1 ? 100 : 100'000, sample_size);
            filled.add(60'000);
            std::size_t pieces = 0;
            const ClosedWindow copy = copied(filled.part, test::sample_key, pieces, [] {});
            EXPECT_EQ(copy, filled.window()) << "seed " << seed << ", k " << sample_size;
            EXPECT_GT(pieces, 4U);
        }
    }
}

TEST(PartCopies, hold_all_that_was_there_when_they_began_and_nothing_that_never_came) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        FilledPart filled(seed, 120'000, 200'000);
        filled.add(40'000);
        const ClosedWindow before = filled.window();
        std::size_t pieces = 0;
        const ClosedWindow copy = copied(filled.part, test::sample_key, pieces, [&] { filled.add(3'000); });
        const ClosedWindow after = filled.window();
        ASSERT_GT(filled.added, 60'000U);
        EXPECT_GE(copy.originators.size(), before.originators.size());
        EXPECT_LE(copy.originators.size(), after.originators.size());
        const auto holds = [](const ClosedWindow& large, const ClosedWindow& small) {
            for (std::size_t i = 0; i < small.originators.size(); ++i) {
                const OriginatorRow row = small.originators[i];
                const std::size_t place = large.originators.find(row.address);
                ASSERT_LT(place, large.originators.size()) << row.address.to_string();
                const OriginatorRow other = large.originators[place];
                EXPECT_TRUE(std::ranges::includes(other.queriers_v4, row.queriers_v4)) << row.address.to_string();
                EXPECT_EQ(other.queriers_v6.size() >= row.queriers_v6.size(), true) << row.address.to_string();
                EXPECT_TRUE(std::ranges::includes(other.periods, row.periods)) << row.address.to_string();
                EXPECT_GE(other.queries, row.queries);
            }
            EXPECT_TRUE(std::ranges::includes(large.queriers.v4, small.queriers.v4));
            EXPECT_TRUE(std::ranges::includes(large.queriers.v6, small.queriers.v6));
        };
        holds(copy, before);
        holds(after, copy);
    }
}

TEST(PartCopies, say_how_much_memory_they_take) {
    FilledPart filled(1, 60'000, 100'000);
    filled.add(60'000);
    PartCopier copier;
    PartCopy copy;
    PartPiece piece;
    for (bool is_last = false; !is_last;) {
        const std::size_t before = copy.octets();
        is_last = copier.copy_some(filled.part, piece);
        copy.add(piece);
        piece.clear();
        EXPECT_GE(copy.octets(), before);
    }
    const ClosedWindow window = filled.window();
    EXPECT_GE(copy.octets(), window.originators.octets() + window.prefixes.octets());
}

TEST(PartCopies, do_not_take_a_newcomer_for_the_one_whose_slot_it_has) {
    // One large originator of each kind is half copied; then it goes, and another one gets its slot.
    const auto ask = [](WindowPart& part, auto query, const auto& about) {
        for (std::uint32_t querier = 1; querier <= 5'000; ++querier) {
            query.querier = v4_address(querier);
            about(query);
            StateQuery one = StateQuery::of(table_key, query, test::stream_start);
            part.add({&one, 1});
        }
    };
    const auto copied_around = [&](auto query, const auto& first, const auto& second) {
        BlockPool pool{std::size_t{64} << 20U};
        WindowPart part({.table_key = table_key, .sample_key = test::sample_key}, pool);
        ask(part, query, first);
        std::size_t pieces = 0;
        return copied(part, test::sample_key, pieces, [&] {
            if (pieces == 0) {
                while (part.evict_some(100, true) == 0) {
                }
                ask(part, query, second);
            }
        });
    };
    const auto about = [](const char* address) {
        return [=](ReverseQuery& query) { query.originator = *IpAddress::parse(address); };
    };
    const auto of_prefix = [](const char* address) {
        return [=](MinimisedQuery& query) { query.prefix = Prefix(*IpAddress::parse(address), 48); };
    };
    const MinimisedQuery minimised{
        .time = {}, .prefix = Prefix(IpAddress(), 48), .querier = IpAddress(), .authority = IpAddress()};
    std::vector<ClosedWindow> copies;
    copies.push_back(copied_around(ReverseQuery{}, about("192.0.2.1"), about("192.0.2.2")));
    copies.push_back(copied_around(ReverseQuery{}, about("2001:db8::1"), about("2001:db8::2")));
    copies.push_back(copied_around(minimised, of_prefix("2001:db8:1::"), of_prefix("2001:db8:2::")));
    for (const ClosedWindow& copy : copies) {
        for (const OriginatorColumns* const rows : {&copy.originators, &copy.prefixes}) {
            for (std::size_t i = 0; i < rows->size(); ++i) {
                const OriginatorRow row = (*rows)[i];
                EXPECT_EQ(row.queries, 5'000U) << row.address.to_string();
                EXPECT_FALSE(row.periods.empty());
            }
        }
        EXPECT_EQ(copy.originators.size() + copy.prefixes.size(), 1U);
    }
}

TEST(PartCopies, look_ipv6_queriers_up_by_the_numbers_that_their_rows_have) {
    // All originators go when a piece of them is copied, and others with other queriers come.
    constexpr std::uint32_t count = 300;
    BlockPool pool{std::size_t{64} << 20U};
    WindowPart part({.table_key = table_key, .sample_key = test::sample_key}, pool);
    const auto ask = [&](std::uint32_t first) {
        for (std::uint32_t i = first; i < first + count; ++i) {
            const ReverseQuery query{.time = test::stream_start,
                                     .originator = v4_address(i),
                                     .querier = test::address_v6(i),
                                     .authority = {}};
            StateQuery one = StateQuery::of(table_key, query, query.time);
            part.add({&one, 1});
        }
    };
    const auto let_all_go = [&] {
        while (part.originator_count(OriginatorKind::v4) != 0) {
            part.evict_some(1'000, true);
        }
        for (int i = 0; i < 64; ++i) {
            part.halve_queriers();
            part.thin_v6_queriers();
        }
    };
    ask(0);
    std::size_t pieces = 0;
    const ClosedWindow copy = copied(part, test::sample_key, pieces, [&] {
        if (pieces == 0) {
            let_all_go();
            ask(count);
        }
    });
    ASSERT_GT(pieces, 1U);
    for (std::size_t i = 0; i < copy.originators.size(); ++i) {
        const OriginatorRow row = copy.originators[i];
        ASSERT_EQ(row.queriers_v6.size(), 1U);
        EXPECT_EQ(copy.queriers.v6[row.queriers_v6[0]], test::address_v6(v4_number(row.address)));
    }
    let_all_go();
    EXPECT_EQ(part.querier_count(), 0U) << "the numbers are held no longer";
}

TEST(PartCopies, survive_eviction_and_smaller_samples_in_between) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        FilledPart filled(seed, 120'000, 100'000, 4'000);
        filled.add(60'000);
        std::size_t pieces = 0;
        const ClosedWindow copy = copied(filled.part, test::sample_key, pieces, [&] {
            filled.add(1'000);
            filled.part.evict_some(200, true);
            filled.part.limit_sample(static_cast<std::uint32_t>(2'000 - 10 * pieces));
            filled.part.halve_queriers();
            filled.part.thin_some(400);
            for (int i = 0; i < 20; ++i) {
                filled.part.thin_v6_queriers();
            }
        });
        // Numbers of IPv6 queriers are taken back and given to others, but not to others than the copy has looked up.
        std::set<std::pair<IpAddress, IpAddress>> asked;
        for (const StateQuery& query : filled.queries) {
            asked.insert({query.originator, query.querier});
        }
        for (std::size_t i = 0; i < copy.originators.size(); ++i) {
            ASSERT_LE(copy.originators[i].queriers_kept(), copy.header.sample_size);
            ASSERT_GT(copy.originators[i].queries, 0U) << copy.originators[i].address.to_string();
            for (const std::uint32_t querier : copy.originators[i].queriers_v6) {
                ASSERT_TRUE(asked.contains({copy.originators[i].address, copy.queriers.v6[querier]}));
            }
        }
        EXPECT_EQ(copy.header.querier_bound, filled.part.querier_bound());
    }
}

}  // namespace
}  // namespace echotap
