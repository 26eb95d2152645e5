// SPDX-License-Identifier: Apache-2.0
// TOML 1.0 text goes in, tables of typed values with their places in the text come out. Behind it stands the only home
// of toml.hpp, which is costly to compile.
//
// Whoever reads a table asks for each key that it knows and then for refuse_unknown(): a misspelt key is an error with
// its line, not a default that nobody wanted.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace echotap {

class TomlTable;

/// One value with the place where it stands, lines and columns from 1.
struct TomlValue {
    std::variant<bool, std::int64_t, double, std::string, std::vector<TomlValue>, std::map<std::string, TomlValue>>
        value;
    std::string file;
    std::uint32_t line = 0;
    std::uint32_t column = 0;
};

/// A table of a document, by value. Every reader throws std::runtime_error with file, line, column, key and what was
/// expected where the value is of another type or out of range.
class TomlTable {
public:
    TomlTable() = default;

    /// Reads a file. Throws std::runtime_error where it cannot be read or is not TOML; dates are not taken.
    static TomlTable read(const std::string& path);
    /// The same for text that is at hand; `name` stands for the file in errors.
    static TomlTable parse(std::string_view text, const std::string& name);

    /// This table with what `over` says laid over it, tables within tables likewise.
    TomlTable overlaid(const TomlTable& over) const;

    /// What stands in the table, for files whose keys are not known beforehand.
    const std::map<std::string, TomlValue>& values() const { return values_; }

    bool has(const std::string& key) const { return values_.contains(key); }
    std::vector<std::string> keys() const;

    // Each reads a key into `value`, and leaves it alone where the key is absent. Numbers are of the closed range
    // given.
    void read(const std::string& key, bool& value);
    void read(const std::string& key, std::string& value);
    void read(const std::string& key, double& value, double least, double most);
    void read(const std::string& key, std::uint64_t& value, std::uint64_t least, std::uint64_t most);
    void read(const std::string& key, std::uint32_t& value, std::uint32_t least, std::uint32_t most);
    void read(const std::string& key, std::vector<std::string>& values);
    void read(const std::string& key, std::vector<std::uint64_t>& values, std::uint64_t least, std::uint64_t most);

    /// The table under `key`; an empty one where the key is absent.
    TomlTable table(const std::string& key);
    /// The tables of an array of tables; none where the key is absent.
    std::vector<TomlTable> tables(const std::string& key);

    /// Throws for the first key that nobody has asked for, and names the nearest of those that somebody has.
    void refuse_unknown() const;
    /// Throws "FILE:LINE:COLUMN: KEY: WHAT" for a key of this table.
    [[noreturn]] void fail(const std::string& key, const std::string& what) const;

private:
    explicit TomlTable(std::map<std::string, TomlValue> values) : values_(std::move(values)) {}
    const TomlValue* find(const std::string& key);

    std::map<std::string, TomlValue> values_;
    std::map<std::string, bool> asked_;
};

}  // namespace echotap
