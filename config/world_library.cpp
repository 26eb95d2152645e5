// SPDX-License-Identifier: Apache-2.0
#include "config/world_library.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>

namespace echotap {

namespace {

constexpr unsigned bases_max = 8;

TomlTable load_tables(const std::string& name_or_path, const std::filesystem::path& folder, unsigned depth) {
    if (depth > bases_max) {
        throw std::runtime_error(
            fmt::format("{}: worlds are based on each other in a circle, or {} deep", name_or_path, bases_max));
    }
    const auto& worlds = built_in_worlds();
    const auto built_in = std::ranges::find(worlds, name_or_path, &BuiltInWorld::name);
    TomlTable tables;
    std::filesystem::path next_folder = folder;
    if (built_in != worlds.end()) {
        tables = TomlTable::parse(built_in->text, fmt::format("built-in world {}", name_or_path));
    } else {
        const std::filesystem::path path = folder / name_or_path;
        if (!std::filesystem::exists(path)) {
            std::string names;
            for (const BuiltInWorld& world : worlds) {
                names.append(names.empty() ? "" : ", ").append(world.name);
            }
            throw std::runtime_error(
                fmt::format("{}: there is no such file and no such world; the worlds are {}", path.string(), names));
        }
        tables = TomlTable::read(path.string());
        next_folder = path.parent_path();
    }
    std::string base;
    tables.read("base", base);
    return base.empty() ? tables : load_tables(base, next_folder, depth + 1).overlaid(tables);
}

}  // namespace

WorldConfig load_world(const std::string& name_or_path) {
    TomlTable tables = load_tables(name_or_path, {}, 0);
    std::string base;
    tables.read("base", base);  // asked for, so that it is no unknown key
    return WorldConfig::from(std::move(tables));
}

}  // namespace echotap
