// SPDX-License-Identifier: Apache-2.0
// `echotap top`: what a running tap says over its control socket goes in, twice; rates, losses, load and the top
// originators come out, picture after picture, in plain ANSI that works over ssh.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "tools/command_line.hpp"

namespace echotap {

/// MetricSamples of metrics_text() by name with labels.
using MetricSamples = std::map<std::string, double, std::less<>>;
MetricSamples parse_samples(std::string_view metrics);

/// What to look at, of a tap's control socket.
struct TopPicture {
    std::string name;
    MetricSamples before;
    MetricSamples now;
    double seconds = 0;  // between the two
    std::string top;     // top_text()
};

/// A screen of at most `lines` lines of 80 columns.
std::string picture_text(const TopPicture& picture, std::size_t lines);

/// Draws until ^C or for options.pictures. Returns an ExitCode; throws std::runtime_error where no tap listens.
int run_top(const TopOptions& options);

}  // namespace echotap
