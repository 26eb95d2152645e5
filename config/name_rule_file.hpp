// SPDX-License-Identifier: Apache-2.0
// The file of name rules: TOML text goes in, its lists of words come out, each word with its place in the text. What
// the words mean is for analytics/names/name_rules.hpp.
//
// name_rules.toml beside this file is the annotated default; it is part of the program.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace echotap {

/// A place in a file of rules; lines and columns count from 1.
struct RulePlace {
    std::uint32_t line = 0;
    std::uint32_t column = 0;
};

struct RuleWord {
    std::string text;
    RulePlace place;
};

/// `key = ["word", ...]` below `[table]`, in the order of the file.
struct RuleList {
    std::string table;
    std::string key;
    RulePlace place;
    std::vector<RuleWord> words;
};

/// `key = true` or `false` below `[table]`.
struct RuleSwitch {
    std::string table;
    std::string key;
    RulePlace place;
    bool is_on = false;
};

struct NameRuleFile {
    std::string source;  // what messages call it: a path, or "built-in name rules"
    std::vector<RuleList> lists;
    std::vector<RuleSwitch> switches;

    /// "SOURCE:LINE:COLUMN: what": how every message about a file of rules begins.
    std::string message(RulePlace place, std::string_view what) const;
};

/// A file of rules is at most this large, so that a wrong path (a capture, a device) is told and not read.
inline constexpr std::size_t name_rule_file_octets_max = 1U << 20U;

/// Reads TOML `text`. Throws std::runtime_error with source, line, column and cure where it is no TOML or holds
/// anything but tables of lists of words and of switches.
NameRuleFile parse_name_rule_file(std::string_view text, std::string_view source);

/// Reads the file at `path`, or the built-in one where `path` is empty. Throws as parse_name_rule_file() does, and
/// where the file cannot be read or is too large.
NameRuleFile read_name_rule_file(const std::string& path);

/// The text of config/name_rules.toml as it was when the program was built.
std::string_view default_name_rules();

}  // namespace echotap
