// SPDX-License-Identifier: Apache-2.0
#include "dataplane/skim.hpp"

#include <gtest/gtest.h>

#include <random>

#include "tests/reference/line_reference.hpp"
#include "tools/mixes/mixes.hpp"

namespace echotap {
namespace {

constexpr std::size_t frames_per_mix = 20'000;

/// The line against the line that skims nothing, over whole frames.
void expect_same(const LineConfig& config, Burst frames, const char* what) {
    reference::Found expected;
    const Ledger books = reference::run_line(config, frames, expected);
    reference::Found found;
    Line line(config);
    line.feed(frames, found);
    line.finish(found);
    EXPECT_TRUE(found == expected) << what;
    for (std::size_t i = 0; i < stage_count; ++i) {
        EXPECT_EQ(line.ledger().in[i], books.in[i]) << what << ": into " << stage_table[i].name;
        EXPECT_EQ(line.ledger().out[i], books.out[i]) << what << ": out of " << stage_table[i].name;
    }
    for (std::size_t i = 0; i < drop_count; ++i) {
        EXPECT_EQ(line.ledger().drops[i], books.drops[i]) << what << ": " << drop_table[i].name;
    }
}

std::vector<LineConfig> configurations() {
    std::vector<LineConfig> configs(4);
    configs[1].dns_ports = {5300, 53};
    configs[2].authorities = {*Prefix::parse("0.0.0.0/1"), *Prefix::parse("2001:db8::/32")};
    configs[3].dns_ports = {5300};
    return configs;
}

TEST(Skim, changes_nothing_on_the_mixes) {
    for (const MixShape shape : {MixShape::root, MixShape::reverse}) {
        const Mix mix(shape, frames_per_mix, 3);
        for (const LineConfig& config : configurations()) {
            expect_same(config, mix.frames(), "mix");
        }
    }
}

TEST(Skim, tells_most_frames_of_the_root_mix_apart) {
    const Mix mix(MixShape::root, frames_per_mix, 3);
    const std::vector<std::uint16_t> ports{53};
    std::size_t skimmed = 0;
    for (const Frame& frame : mix.frames()) {
        skimmed += skim(frame, ports) != Skimmed::takes_the_line ? 1 : 0;
    }
    EXPECT_GT(skimmed, frames_per_mix * 9 / 10);
}

TEST(Skim, changes_nothing_on_damaged_frames) {
    std::mt19937 random(5);
    const Mix mix(MixShape::root, frames_per_mix, 4);
    const std::vector<LineConfig> configs = configurations();
    std::vector<std::unique_ptr<std::uint8_t[]>> owned;
    std::vector<Frame> frames;
    for (Frame frame : mix.frames()) {
        // One in two is cut; then octets change, mostly in the headers, where the decisions are. Every octet is on the
        // heap at its exact size.
        frame.captured =
            random() % 2 == 0 ? frame.captured : static_cast<std::uint32_t>(random() % (frame.captured + 1));
        owned.push_back(std::make_unique<std::uint8_t[]>(frame.captured));
        std::copy_n(frame.octets, frame.captured, owned.back().get());
        for (int change = 0; change < 2 && frame.captured > 0; ++change) {
            const std::size_t at = random() % (random() % 3 == 0 ? frame.captured : std::min(frame.captured, 60U));
            owned.back()[at] =
                static_cast<std::uint8_t>(random() % 3 == 0 ? random() : owned.back()[at] ^ 1U << random() % 8);
        }
        frame.octets = owned.back().get();
        frames.push_back(frame);
    }
    for (const LineConfig& config : configs) {
        expect_same(config, frames, "damaged");
    }
}

}  // namespace
}  // namespace echotap
