// SPDX-License-Identifier: Apache-2.0
// A closed window as text: for people (a header and a table of 80 columns) and for programs (a line of JSON).
#pragma once

#include <cstddef>
#include <string>

#include "analytics/formats/pseudonyms.hpp"
#include "dataplane/state/closed_window.hpp"
#include "tools/command_line.hpp"

namespace echotap {

/// The header, and the `top` originators with the largest footprints; of equal ones, the lowest addresses. The same of
/// the prefixes that minimised queries asked about.
std::string window_text(const ClosedWindow& window, std::size_t top, const Pseudonyms& pseudonyms);

/// The same as one line of JSON, with every counter of the ledger that is not 0.
std::string window_json(const ClosedWindow& window, std::size_t top, const Pseudonyms& pseudonyms);

inline std::string window_report(const ClosedWindow& window, WindowFormat format, std::size_t top,
                                 const Pseudonyms& pseudonyms) {
    return format == WindowFormat::json ? window_json(window, top, pseudonyms) : window_text(window, top, pseudonyms);
}

/// `2014-04-29T12:00:00`, in UTC, rounded down.
std::string time_text(Timestamp time);

/// What stands above all that is said of a window: length, view, revision where it is not the first, beginning and end.
std::string title_text(const WindowHeader& header);

/// `yes`, `unknown (source_unknown)`, `no (frames_lost, ended_early)`.
std::string completeness_text(const WindowHeader& header);

/// `"complete":"no","gaps":["frames_lost","ended_early"]`.
std::string completeness_json(const WindowHeader& header);

/// `whole`, or a length in the largest unit that goes into it: `1d`, `90m`.
std::string length_text(std::chrono::seconds length);

/// The same with the families of originators, where they are not all: `1d:v4`, as `--length` takes it.
std::string length_text(const WindowHeader& header);

}  // namespace echotap
