// SPDX-License-Identifier: Apache-2.0
// The files that settings name: each is opened as the tap would open it, and what is wrong comes out, setting by
// setting, all of it at once. Nothing is made or changed.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "config/tap_config.hpp"

namespace echotap {

struct FileFault {
    std::string setting;      // Setting::name()
    std::string what;         // with the path, and the cure
    bool is_warning = false;  // it may be otherwise when the tap starts
};

/// In the order of config/echotap.toml. As root, files are opened as tap.user. A folder below /run need not be there:
/// the service manager makes it when it starts the tap. What
/// may come or go until then is a warning: a PCI device, or who listens on the port of the metrics.
std::vector<FileFault> faults_of_files(const TapConfig& config);

/// The key that decides which queriers a sample keeps: 32 hexadecimal digits in the first line. Throws
/// std::runtime_error where the file does not hold them.
std::array<std::uint64_t, 2> read_sample_key(const std::string& path);

}  // namespace echotap
