// SPDX-License-Identifier: Apache-2.0
#include "config/name_rule_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <stdexcept>

#include "config/toml_file.hpp"

namespace echotap {

namespace {

RulePlace place_of(const TomlValue& value) {
    return {value.line, value.column};
}

/// Reads one `key = value` of a table into `file`.
void read_key(NameRuleFile& file, const std::string& table, const std::string& key, const TomlValue& value) {
    if (const auto* is_on = std::get_if<bool>(&value.value)) {
        file.switches.push_back({table, key, place_of(value), *is_on});
        return;
    }
    const auto* words = std::get_if<std::vector<TomlValue>>(&value.value);
    if (words == nullptr) {
        throw std::runtime_error(file.message(
            place_of(value),
            fmt::format("[{}] {} is neither a list of words nor true or false; write {} = [\"word\"], or true or false",
                        table, key, key)));
    }
    RuleList list{table, key, place_of(value), {}};
    for (const TomlValue& word : *words) {
        const auto* text = std::get_if<std::string>(&word.value);
        if (text == nullptr) {
            throw std::runtime_error(file.message(
                place_of(word), fmt::format("[{}] {} holds something that is no word; put it in quotes", table, key)));
        }
        list.words.push_back({*text, place_of(word)});
    }
    file.lists.push_back(std::move(list));
}

bool is_before(RulePlace one, RulePlace other) {
    return one.line != other.line ? one.line < other.line : one.column < other.column;
}

}  // namespace

std::string NameRuleFile::message(RulePlace place, std::string_view what) const {
    return fmt::format("{}:{}:{}: {}", source, place.line, place.column, what);
}

NameRuleFile parse_name_rule_file(std::string_view text, std::string_view source) {
    NameRuleFile file;
    file.source = source;
    const TomlTable tables = TomlTable::parse(text, file.source);
    for (const auto& [name, value] : tables.values()) {
        const auto* table = std::get_if<std::map<std::string, TomlValue>>(&value.value);
        if (table == nullptr) {
            throw std::runtime_error(file.message(
                place_of(value), fmt::format("{} stands outside of any table; put it below a [category]", name)));
        }
        for (const auto& [key, entry] : *table) {
            read_key(file, name, key, entry);
        }
    }
    // Tables are kept by name; whoever reads messages expects them in the order of the file.
    const auto by_place = [](const auto& one, const auto& other) { return is_before(one.place, other.place); };
    std::sort(file.lists.begin(), file.lists.end(), by_place);
    std::sort(file.switches.begin(), file.switches.end(), by_place);
    return file;
}

NameRuleFile read_name_rule_file(const std::string& path) {
    if (path.empty()) {
        return parse_name_rule_file(default_name_rules(), "built-in name rules");
    }
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), std::fclose);
    std::string text(name_rule_file_octets_max + 1, '\0');
    if (file) {
        text.resize(std::fread(text.data(), 1, text.size(), file.get()));
    }
    if (!file || std::ferror(file.get()) != 0) {
        throw std::runtime_error(fmt::format("cannot read name rules from {}: {}", path, std::strerror(errno)));
    }
    if (text.size() > name_rule_file_octets_max) {
        throw std::runtime_error(fmt::format("{}: over {} octets, which no file of name rules is; see name_rules.toml",
                                             path, name_rule_file_octets_max));
    }
    return parse_name_rule_file(text, path);
}

}  // namespace echotap
