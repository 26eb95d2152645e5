// SPDX-License-Identifier: Apache-2.0
// `echotap discover`: originators that look like no class in, clusters of them out, to be looked at and labelled.
#pragma once

#include "tools/learning_options.hpp"

namespace echotap {

/// Returns an ExitCode; throws std::runtime_error or std::system_error with what is wrong.
int run_discover(const DiscoverOptions& options);

}  // namespace echotap
