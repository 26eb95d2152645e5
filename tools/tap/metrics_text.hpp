// SPDX-License-Identifier: Apache-2.0
// The status of a tap goes in; text for Prometheus comes out (its exposition format, version 0.0.4), such that
// `promtool check metrics` finds nothing to say. No address of an originator or querier stands in it.
#pragma once

#include <string>

#include "tools/tap/tap_status.hpp"

namespace echotap {

/// All metrics, ended by a line feed. Counters count since the tap was started.
std::string metrics_text(const TapStatus& status);

/// `text` as the value of a label: backslash, quotes and line feeds escaped.
std::string label_value(const std::string& text);

}  // namespace echotap
