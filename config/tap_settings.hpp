// SPDX-License-Identifier: Apache-2.0
// The members of TapConfig as an operator writes them: where each stands in a file of settings, how its text is read,
// and how it is written back.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "config/tap_config.hpp"
#include "config/toml_file.hpp"

namespace echotap {

struct Setting {
    std::string section;
    std::string key;
    /// May change while a tap runs; to change others takes a restart.
    bool is_live = false;
    /// A list, for which one text alone stands for itself.
    bool is_list = false;
    /// Reads the key, where it is there, from the table of its section. Throws as TomlTable does.
    std::function<void(TomlTable& section, TapConfig& config)> read;
    /// The value as TOML.
    std::function<std::string(const TapConfig& config)> show;

    /// `SECTION.KEY`.
    std::string name() const { return section + "." + key; }
    /// `ECHOTAP_SECTION_KEY`.
    std::string variable() const;
};

/// All of them, in the order of config/echotap.toml.
const std::vector<Setting>& tap_settings();

}  // namespace echotap
