// SPDX-License-Identifier: Apache-2.0
#include "dataplane/state/memory_pressure.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <utility>
#include <vector>

namespace echotap {
namespace {

constexpr HashKey key{0x0123'4567'89ab'cdefU, 0xfedc'ba98'7654'3211U};
constexpr std::uint32_t k = 65'536;

class Pressure : public testing::Test {
protected:
    static constexpr std::size_t blocks_max = 50;

    OpenWindow& open(std::int64_t number) {
        const WindowKey window{.length = 0, .view = 0, .number = number};
        auto& place = windows_[window];
        place = std::make_unique<OpenWindow>(window, PartConfig{.table_key = key, .sample_key = key}, pool_);
        pressure_.receive(*place);
        return *place;
    }
    /// Gives `window` so many originators that go last of all.
    static void add_large(OpenWindow& window, std::uint32_t originators) {
        for (std::uint32_t originator = 0; originator < originators; ++originator) {
            for (std::uint32_t querier = 0; querier < WindowPart::large_footprint; ++querier) {
                const ReverseQuery query{
                    .time = {}, .originator = v4_address(originator), .querier = v4_address(querier), .authority = {}};
                window.push(StateQuery::of(key, query, query.time));
                window.apply();
            }
        }
    }
    /// Others take all but a block of the pool.
    void press() {
        while (pool_.octets_taken() < pool_.octets_max() - BlockPool::block_octets) {
            others_.push_back(pool_.take());
        }
    }
    void ease() { pool_.give(std::exchange(others_, {})); }
    void relieve(unsigned batches) {
        for (unsigned i = 0; i < batches; ++i) {
            pressure_.relieve(windows_);
        }
    }

    BlockPool pool_{blocks_max * BlockPool::block_octets};
    MemoryPressure pressure_{pool_, k};
    MemoryPressure::Windows windows_;
    std::vector<HugeBuffer> others_;
};

TEST_F(Pressure, lets_large_originators_go_only_when_k_is_at_its_minimum) {
    OpenWindow& window = open(1);
    add_large(window, 100);
    press();
    relieve(200);
    EXPECT_EQ(window.originator_count(), 100U);
    relieve(20'000);
    EXPECT_LT(window.originator_count(), 100U);
    EXPECT_EQ(window.part().sample_size(), MemoryPressure::sample_size_min);
}

TEST_F(Pressure, is_over_for_the_windows_that_open_after_it) {
    OpenWindow& pressed = open(1);
    add_large(pressed, 100);
    press();
    relieve(20'000);
    ASSERT_EQ(pressed.part().sample_size(), MemoryPressure::sample_size_min);
    ease();
    relieve(100);
    EXPECT_EQ(pressed.part().sample_size(), MemoryPressure::sample_size_min) << "what was left out does not come again";

    OpenWindow& window = open(2);
    EXPECT_EQ(window.part().sample_size(), k);
    windows_.erase(windows_.begin());
    add_large(window, 100);
    press();
    relieve(200);
    EXPECT_EQ(window.originator_count(), 100U) << "the next time begins with the small ones again";
    EXPECT_GT(window.part().sample_size(), MemoryPressure::sample_size_min);
}

}  // namespace
}  // namespace echotap
