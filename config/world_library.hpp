// SPDX-License-Identifier: Apache-2.0
// The worlds that the program has with it: a name or a file goes in, the world's parameters come out.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/world_config.hpp"

namespace echotap {

/// A file of config/worlds/, as it was when the program was built.
struct BuiltInWorld {
    std::string_view name;
    std::string_view text;
    bool is_base = false;  // only for others to lie over: nobody lives in it
};

const std::vector<BuiltInWorld>& built_in_worlds();

/// Reads the built-in world of that name, or else the file. A world with `base = "NAME or FILE"` is laid over that one,
/// whose own base is laid below; files are looked for beside the file that names them. A file with `frozen = "HASH"` is
/// refused where its parameters (with those of its bases) have another hash. Throws std::runtime_error with file, line,
/// key and cure.
WorldConfig load_world(const std::string& name_or_path);

}  // namespace echotap
