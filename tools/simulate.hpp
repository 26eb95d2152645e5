// SPDX-License-Identifier: Apache-2.0
// `echotap simulate`: the name of a world goes in; a capture, names, labels and the truth come out as files.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "config/world_config.hpp"

namespace echotap {

/// What `echotap simulate` was asked to do.
struct SimulateOptions {
    std::string world = "demo";  // built in, or a file
    std::optional<std::uint64_t> seed;
    std::optional<std::chrono::seconds> duration;
    std::optional<AuthorityLevel> authority;
    std::string networks_path;  // empty: where tools/make_networks puts it
    std::string folder;
    bool is_quiet = false;
};

/// Returns the exit code. Throws std::runtime_error with what to do about it.
int run_simulate(const SimulateOptions& options);

}  // namespace echotap
