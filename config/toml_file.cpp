// SPDX-License-Identifier: Apache-2.0
#include "config/toml_file.hpp"

#include <fmt/format.h>

#include <toml++/toml.h>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "config/nearest_word.hpp"

namespace echotap {

namespace {

using Values = std::map<std::string, TomlValue>;

std::string place_of(const TomlValue& value) {
    return fmt::format("{}:{}:{}", value.file, value.line, value.column);
}

TomlValue copy(const toml::node& node, const std::string& file, const std::string& key);

Values copy(const toml::table& table, const std::string& file) {
    Values values;
    for (const auto& [key, node] : table) {
        values.emplace(std::string(key.str()), copy(node, file, std::string(key.str())));
    }
    return values;
}

TomlValue copy(const toml::node& node, const std::string& file, const std::string& key) {
    TomlValue value{false, file, node.source().begin.line, node.source().begin.column};
    if (const auto* table = node.as_table()) {
        value.value = copy(*table, file);
    } else if (const auto* array = node.as_array()) {
        std::vector<TomlValue> items;
        for (const toml::node& item : *array) {
            items.push_back(copy(item, file, key));
        }
        value.value = std::move(items);
    } else if (const auto* text = node.as_string()) {
        value.value = text->get();
    } else if (const auto* integer = node.as_integer()) {
        value.value = integer->get();
    } else if (const auto* number = node.as_floating_point()) {
        value.value = number->get();
    } else if (const auto* truth = node.as_boolean()) {
        value.value = truth->get();
    } else {
        throw std::runtime_error(fmt::format("{}: {}: write dates and times as text in quotes", place_of(value), key));
    }
    return value;
}

std::optional<double> number_of(const TomlValue& value) {
    if (const auto* integer = std::get_if<std::int64_t>(&value.value)) {
        return static_cast<double>(*integer);
    }
    if (const auto* number = std::get_if<double>(&value.value)) {
        return *number;
    }
    return std::nullopt;
}

}  // namespace

TomlTable TomlTable::read(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    if (!file || !(text << file.rdbuf())) {
        throw std::runtime_error(fmt::format("{}: cannot be read; give a TOML file", path));
    }
    return parse(text.str(), path);
}

TomlTable TomlTable::parse(std::string_view text, const std::string& name) {
    try {
        return TomlTable(copy(toml::parse(text, name), name));
    } catch (const toml::parse_error& error) {
        const toml::source_position at = error.source().begin;
        throw std::runtime_error(fmt::format("{}:{}:{}: no TOML: {}", name, at.line, at.column, error.description()));
    }
}

TomlTable TomlTable::overlaid(const TomlTable& over) const {
    Values values = values_;
    for (const auto& [key, value] : over.values_) {
        const auto below = values.find(key);
        const auto* table = std::get_if<Values>(&value.value);
        const auto* table_below = below == values.end() ? nullptr : std::get_if<Values>(&below->second.value);
        if (table != nullptr && table_below != nullptr) {
            below->second.value = TomlTable(*table_below).overlaid(TomlTable(*table)).values_;
        } else {
            values.insert_or_assign(key, value);
        }
    }
    return TomlTable(std::move(values));
}

std::vector<std::string> TomlTable::keys() const {
    std::vector<std::string> names;
    for (const auto& [key, value] : values_) {
        names.push_back(key);
    }
    return names;
}

const TomlValue* TomlTable::find(const std::string& key) {
    asked_[key] = true;
    const auto found = values_.find(key);
    return found == values_.end() ? nullptr : &found->second;
}

void TomlTable::fail(const std::string& key, const std::string& what) const {
    const auto found = values_.find(key);
    throw std::runtime_error(found == values_.end() ? fmt::format("{}: {}", key, what)
                                                    : fmt::format("{}: {}: {}", place_of(found->second), key, what));
}

void TomlTable::read(const std::string& key, bool& value) {
    if (const TomlValue* found = find(key)) {
        const auto* truth = std::get_if<bool>(&found->value);
        if (truth == nullptr) {
            fail(key, "write true or false");
        }
        value = *truth;
    }
}

void TomlTable::read(const std::string& key, std::string& value) {
    if (const TomlValue* found = find(key)) {
        const auto* text = std::get_if<std::string>(&found->value);
        if (text == nullptr) {
            fail(key, "write text in quotes");
        }
        value = *text;
    }
}

void TomlTable::read(const std::string& key, double& value, double least, double most) {
    if (const TomlValue* found = find(key)) {
        const auto number = number_of(*found);
        if (!number || !(*number >= least && *number <= most)) {
            fail(key, fmt::format("write a number from {} to {}", least, most));
        }
        value = *number;
    }
}

void TomlTable::read(const std::string& key, std::uint64_t& value, std::uint64_t least, std::uint64_t most) {
    if (const TomlValue* found = find(key)) {
        const auto* number = std::get_if<std::int64_t>(&found->value);
        if (number == nullptr || *number < 0 || static_cast<std::uint64_t>(*number) < least ||
            static_cast<std::uint64_t>(*number) > most) {
            fail(key, fmt::format("write a whole number from {} to {}", least, most));
        }
        value = static_cast<std::uint64_t>(*number);
    }
}

void TomlTable::read(const std::string& key, std::uint32_t& value, std::uint32_t least, std::uint32_t most) {
    std::uint64_t wide = value;
    read(key, wide, std::uint64_t{least}, std::uint64_t{most});
    value = static_cast<std::uint32_t>(wide);
}

void TomlTable::read(const std::string& key, std::vector<std::string>& values) {
    if (const TomlValue* found = find(key)) {
        const auto* items = std::get_if<std::vector<TomlValue>>(&found->value);
        if (items == nullptr) {
            fail(key, "write a list of texts in quotes");
        }
        values.clear();
        for (const TomlValue& item : *items) {
            const auto* text = std::get_if<std::string>(&item.value);
            if (text == nullptr) {
                fail(key, "write a list of texts in quotes");
            }
            values.push_back(*text);
        }
    }
}

void TomlTable::read(const std::string& key, std::vector<std::uint64_t>& values, std::uint64_t least,
                     std::uint64_t most) {
    if (const TomlValue* found = find(key)) {
        const auto* items = std::get_if<std::vector<TomlValue>>(&found->value);
        const std::string expected = fmt::format("write a list of whole numbers from {} to {}", least, most);
        if (items == nullptr) {
            fail(key, expected);
        }
        values.clear();
        for (const TomlValue& item : *items) {
            const auto* number = std::get_if<std::int64_t>(&item.value);
            if (number == nullptr || *number < 0 || static_cast<std::uint64_t>(*number) < least ||
                static_cast<std::uint64_t>(*number) > most) {
                fail(key, expected);
            }
            values.push_back(static_cast<std::uint64_t>(*number));
        }
    }
}

TomlTable TomlTable::table(const std::string& key) {
    const TomlValue* found = find(key);
    if (found == nullptr) {
        return TomlTable();
    }
    const auto* values = std::get_if<Values>(&found->value);
    if (values == nullptr) {
        fail(key, fmt::format("write a table: [{}]", key));
    }
    return TomlTable(*values);
}

std::vector<TomlTable> TomlTable::tables(const std::string& key) {
    std::vector<TomlTable> tables;
    if (const TomlValue* found = find(key)) {
        const auto* items = std::get_if<std::vector<TomlValue>>(&found->value);
        if (items == nullptr) {
            fail(key, fmt::format("write tables: [[{}]]", key));
        }
        for (const TomlValue& item : *items) {
            const auto* values = std::get_if<Values>(&item.value);
            if (values == nullptr) {
                fail(key, fmt::format("write tables: [[{}]]", key));
            }
            tables.push_back(TomlTable(*values));
        }
    }
    return tables;
}

void TomlTable::refuse_unknown() const {
    for (const auto& [key, value] : values_) {
        if (!asked_.contains(key)) {
            std::vector<std::string> known;
            for (const auto& [asked, is_asked] : asked_) {
                known.push_back(asked);
            }
            const std::string nearest = nearest_word(key, known);
            fail(key, nearest.empty() ? "there is no such key here"
                                      : fmt::format("there is no such key here; did you mean '{}'?", nearest));
        }
    }
}

}  // namespace echotap
