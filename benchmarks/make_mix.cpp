// SPDX-License-Identifier: Apache-2.0
// Writes a mix as a plain pcap file, for other tools and by hand: `make_mix root --frames 5000000 --seed 1 -o
// root.pcap`.
#include <algorithm>
#include <charconv>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/core.h>

#include "tools/mixes/mixes.hpp"

namespace {

using namespace echotap;

constexpr std::string_view usage =
    "usage: make_mix root|reverse|wide [--frames N] [--seed S] -o FILE.pcap\n"
    "Writes N frames (default 5,000,000) of a mix to FILE.pcap and tells what is in it.\n"
    "The same N and S give the same file.\n"
    "example: make_mix reverse --frames 100000 -o /tmp/reverse.pcap\n";

struct Arguments {
    MixShape shape = MixShape::root;
    std::size_t frames = mix_frames_default;
    std::uint64_t seed = mix_seed_default;
    std::string path;
};

struct UsageError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

std::uint64_t number(std::string_view option, std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) {
        throw UsageError(fmt::format("{} wants a number, not '{}'", option, text));
    }
    return value;
}

Arguments parse(const std::vector<std::string_view>& words) {
    if (words.empty()) {
        throw UsageError("no mix is named");
    }
    Arguments arguments;
    const auto shape = mix_shape(words.front());
    if (!shape) {
        throw UsageError(fmt::format("there is no mix '{}'", words.front()));
    }
    arguments.shape = *shape;
    for (std::size_t i = 1; i < words.size(); i += 2) {
        if (i + 1 == words.size()) {
            throw UsageError(fmt::format("{} wants a value", words[i]));
        }
        if (words[i] == "--frames") {
            arguments.frames = number(words[i], words[i + 1]);
        } else if (words[i] == "--seed") {
            arguments.seed = number(words[i], words[i + 1]);
        } else if (words[i] == "-o") {
            arguments.path = words[i + 1];
        } else {
            throw UsageError(fmt::format("there is no option '{}'", words[i]));
        }
    }
    if (arguments.path.empty() || arguments.frames == 0) {
        throw UsageError(arguments.path.empty() ? "no file is named (-o)" : "--frames wants at least 1");
    }
    return arguments;
}

void print(const Mix& mix) {
    const MixShares& shares = mix.shares();
    const Truth& truth = mix.truth();
    const auto row = [](std::string_view what, std::uint64_t count, std::uint64_t whole) {
        fmt::print("  {:<24}{:>12}  {:6.2f} %\n", what, count,
                   100.0 * static_cast<double>(count) / static_cast<double>(std::max<std::uint64_t>(1, whole)));
    };
    const std::uint64_t frames = mix.frames().size();
    fmt::print("{} mix, {} frames, {:.1f} octets each\n", name_of(mix.shape()), frames,
               static_cast<double>(shares.octets) / static_cast<double>(frames));
    row("UDP queries", shares.udp_queries, frames);
    row("  of which repeats", shares.repeats, shares.udp_queries);
    row("  of which with EDNS", shares.edns, shares.udp_queries);
    row("  of which in mixed case", shares.mixed_case, shares.udp_queries);
    row("UDP responses", shares.udp_responses, frames);
    row("TCP segments", shares.tcp, frames);
    row("IPv6", shares.ipv6, frames);
    row("802.1Q", shares.tagged, frames);
    row("reverse queries, UDP", truth.reverse_udp, frames);
    row("reverse queries, TCP", truth.reverse_tcp, frames);
    row("minimised queries", truth.ledger.minimised, frames);
    for (const DropInfo& drop : drop_table) {
        if (const std::uint64_t count = truth.ledger.drops[static_cast<std::size_t>(drop.drop)]; count != 0) {
            row(fmt::format("drop {}", drop.name), count, frames);
        }
    }
    fmt::print("  checksum {:016x}\n", truth.checksum);
}

}  // namespace

int main(int count, char** words) {
    try {
        const Arguments arguments = parse({words + 1, words + count});
        const Mix mix(arguments.shape, arguments.frames, arguments.seed);
        mix.write_pcap(arguments.path);
        print(mix);
        return 0;
    } catch (const UsageError& error) {
        fmt::print(stderr, "make_mix: {}\n{}", error.what(), usage);
        return 2;
    } catch (const std::exception& error) {
        fmt::print(stderr, "make_mix: {}\n", error.what());
        return 1;
    }
}
