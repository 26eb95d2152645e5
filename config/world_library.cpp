// SPDX-License-Identifier: Apache-2.0
#include "config/world_library.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>

namespace echotap {

namespace {

constexpr unsigned bases_max = 8;

/// `frozen` becomes what the file itself says, not what its bases say: whoever changes a frozen world has another one.
TomlTable load_tables(const std::string& name_or_path, const std::filesystem::path& folder, unsigned depth,
                      std::string& frozen) {
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
                if (!world.is_base) {
                    names.append(names.empty() ? "" : ", ").append(world.name);
                }
            }
            throw std::runtime_error(
                fmt::format("{}: there is no such file and no such world; the worlds are {}", path.string(), names));
        }
        tables = TomlTable::read(path.string());
        next_folder = path.parent_path();
    }
    std::string base;
    tables.read("base", base);
    if (depth == 0) {
        tables.read("frozen", frozen);
    }
    return base.empty() ? tables : load_tables(base, next_folder, depth + 1, frozen).overlaid(tables);
}

}  // namespace

WorldConfig load_world(const std::string& name_or_path) {
    std::string frozen;
    TomlTable tables = load_tables(name_or_path, {}, 0, frozen);
    std::string asked;
    tables.read("base", asked);  // asked for, so that they are no unknown keys
    tables.read("frozen", asked);
    WorldConfig world = WorldConfig::from(std::move(tables));
    if (!frozen.empty() && frozen != world.hash()) {
        throw std::runtime_error(fmt::format(
            "{}: the world is frozen with parameters {}, and its parameters are {} now; figures of the frozen "
            "world do not hold for it: give it another name, or measure again and write frozen = \"{}\"",
            name_or_path, frozen, world.hash(), world.hash()));
    }
    world.is_frozen = !frozen.empty();
    return world;
}

}  // namespace echotap
