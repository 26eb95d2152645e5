// SPDX-License-Identifier: Apache-2.0
#include "config/name_rule_file.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <stdexcept>

namespace echotap {

namespace {

RulePlace place_of(const toml::node& node) {
    return {node.source().begin.line, node.source().begin.column};
}

/// Reads one `key = value` of a table into `file`.
void read_key(NameRuleFile& file, const std::string& table, const std::string& key, const toml::node& value) {
    if (const auto* is_on = value.as_boolean()) {
        file.switches.push_back({table, key, place_of(value), is_on->get()});
        return;
    }
    const toml::array* words = value.as_array();
    if (words == nullptr) {
        throw std::runtime_error(file.message(
            place_of(value),
            fmt::format("[{}] {} is neither a list of words nor true or false; write {} = [\"word\"], or true or false",
                        table, key, key)));
    }
    RuleList list{table, key, place_of(value), {}};
    for (const toml::node& word : *words) {
        const auto* text = word.as_string();
        if (text == nullptr) {
            throw std::runtime_error(file.message(
                place_of(word), fmt::format("[{}] {} holds something that is no word; put it in quotes", table, key)));
        }
        list.words.push_back({text->get(), place_of(word)});
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
    toml::table tables;
    try {
        tables = toml::parse(text, source);
    } catch (const toml::parse_error& error) {
        const toml::source_position& at = error.source().begin;
        throw std::runtime_error(file.message({at.line, at.column}, fmt::format("no TOML: {}", error.description())));
    }
    for (const auto& [name, node] : tables) {
        const toml::table* table = node.as_table();
        if (table == nullptr) {
            throw std::runtime_error(file.message(
                place_of(node), fmt::format("{} stands outside of any table; put it below a [category]", name.str())));
        }
        for (const auto& [key, value] : *table) {
            read_key(file, std::string(name.str()), std::string(key.str()), value);
        }
    }
    // toml++ keeps tables by name; whoever reads messages expects them in the order of the file.
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
