// SPDX-License-Identifier: Apache-2.0
// A file of settings and what goes over it to a TapConfig, and back to text.
//
//     defaults  <-  FILE (TOML)  <-  environment ECHOTAP_SECTION_KEY  <-  words SECTION.KEY=VALUE
//
// What stands further right wins. A key that does not exist is refused wherever it comes from.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/tap_config.hpp"

namespace echotap {

/// What goes over a file.
struct ConfigOverrides {
    std::vector<std::pair<std::string, std::string>> environment;  // name and value, ECHOTAP_ ones only
    std::vector<std::string> words;                                // SECTION.KEY=VALUE

    /// The variables of this process.
    static std::vector<std::pair<std::string, std::string>> variables();
};

struct LoadedConfig {
    TapConfig config;
    /// Where the settings come from that are not defaults, by Setting::name(): `FILE:LINE`, a variable, a word.
    std::map<std::string, std::string> origins;
};

/// Reads the file at `path` (empty: defaults alone) and what goes over it, and checks what settings have to do with
/// each other. Values are TOML, and text needs no quotes in variables and words. Throws std::runtime_error with file,
/// line, column, key, what was expected and, for a key that does not exist, the nearest that does: a line for each
/// fault (of keys that do not exist, for the first of each section).
LoadedConfig load_tap_config(const std::string& path, const ConfigOverrides& overrides);

/// The same for text that is at hand; `name` stands for the file in messages.
LoadedConfig parse_tap_config(std::string_view text, const std::string& name, const ConfigOverrides& overrides);

/// All settings as TOML that load_tap_config() reads back to the same, or those alone that are not defaults. With
/// `origins`, each line says where its value comes from.
std::string show_tap_config(const LoadedConfig& loaded, bool all);

/// The names of settings that differ and may not while a tap runs.
std::vector<std::string> frozen_differences(const TapConfig& running, const TapConfig& wanted);

}  // namespace echotap
