// SPDX-License-Identifier: Apache-2.0
#include "config/config_file.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>

#include "config/nearest_word.hpp"
#include "config/setting_kinds.hpp"
#include "config/tap_settings.hpp"
#include "config/toml_file.hpp"

namespace echotap {

namespace {

constexpr std::string_view variable_prefix = "ECHOTAP_";

/// The line `SECTION.KEY = VALUE` as a document. Text that is no TOML value stands for itself, so that nobody has to
/// put quotes into quotes for a shell; `value` alone is a list of one where a list is wanted.
TomlTable document(const Setting& setting, const std::string& value, const std::string& name) {
    const auto parse = [&](const std::string& toml) {
        return TomlTable::parse(fmt::format("{} = {}", setting.name(), toml), name);
    };
    const bool is_alone = setting.is_list && !value.starts_with('[');
    const auto as_list = [&](const std::string& toml) { return is_alone ? fmt::format("[{}]", toml) : toml; };
    if (!value.empty() && value.find('\n') == std::string::npos) {
        try {
            return parse(as_list(value));
        } catch (const std::runtime_error&) {
            // Text without quotes, which comes next.
        }
    }
    return parse(as_list(kinds::quoted(value)));
}

[[noreturn]] void refuse_name(const std::string& given, std::vector<std::string> known, std::string_view what) {
    const std::string nearest = nearest_word(given, known);
    throw std::runtime_error(fmt::format("{}: there is no such {}{}", given, what,
                                         nearest.empty() ? "" : fmt::format("; did you mean {}?", nearest)));
}

std::vector<std::string> names_of_all(std::string (Setting::*name)() const) {
    std::vector<std::string> names;
    for (const Setting& setting : tap_settings()) {
        names.push_back((setting.*name)());
    }
    return names;
}

/// The setting of a variable; nothing for one that is somebody else's: it begins with no section of ours.
const Setting* setting_of_variable(const std::string& variable) {
    for (const Setting& setting : tap_settings()) {
        if (setting.variable() == variable) {
            return &setting;
        }
    }
    const bool is_ours = std::ranges::any_of(tap_settings(), [&](const Setting& setting) {
        const std::string name = setting.variable();
        return variable.starts_with(name.substr(0, variable_prefix.size() + setting.section.size() + 1));
    });
    if (is_ours) {
        refuse_name(variable, names_of_all(&Setting::variable), "setting (an environment variable)");
    }
    return nullptr;
}

const Setting& setting_of_word(const std::string& name) {
    for (const Setting& setting : tap_settings()) {
        if (setting.name() == name) {
            return setting;
        }
    }
    refuse_name(name, names_of_all(&Setting::name), "setting");
}

/// What is wrong, all of it, since an operator wants to mend it at once.
class Faults {
public:
    /// Goes on where `step()` throws.
    template <class Step>
    void in(Step&& step) {
        try {
            step();
        } catch (const std::runtime_error& error) {
            add(error.what());
        }
    }
    void add(const std::string& what) { text_.append(text_.empty() ? "" : "\n").append(what); }

    void throw_all() const {
        if (!text_.empty()) {
            throw std::runtime_error(text_);
        }
    }

private:
    std::string text_;
};

/// Reads what stands in a document of sections, and nothing else may stand there.
void read_document(TomlTable document, LoadedConfig& loaded, Faults& faults) {
    std::map<std::string, TomlTable> sections;
    for (const Setting& setting : tap_settings()) {
        if (!sections.contains(setting.section)) {
            faults.in([&] { sections.emplace(setting.section, document.table(setting.section)); });
            sections.try_emplace(setting.section);
        }
    }
    faults.in([&] { document.refuse_unknown(); });
    for (const Setting& setting : tap_settings()) {
        TomlTable& section = sections.at(setting.section);
        faults.in([&] { setting.read(section, loaded.config); });
        if (section.has(setting.key)) {
            const TomlValue& value = section.values().at(setting.key);
            loaded.origins[setting.name()] = fmt::format("{}:{}", value.file, value.line);
        }
    }
    for (const auto& each : sections) {
        faults.in([&] { each.second.refuse_unknown(); });
    }
}

/// What settings have to do with each other.
void check(const LoadedConfig& loaded, Faults& faults) {
    const TapConfig& config = loaded.config;
    const auto refuse = [&](const char* name, const std::string& what) {
        const auto origin = loaded.origins.find(name);
        faults.add(origin == loaded.origins.end() ? fmt::format("{}: {}", name, what)
                                                  : fmt::format("{}: {}: {}", origin->second, name, what));
    };
    if (config.line.dns_ports.empty() || config.line.dns_ports.size() > 8) {
        refuse("line.dns_ports", "give 1 to 8 ports");
    }
    if (config.windows.lengths.empty()) {
        refuse("windows.lengths", "give at least one length");
    }
    for (auto one = config.windows.lengths.begin(); one != config.windows.lengths.end(); ++one) {
        if (std::find(config.windows.lengths.begin(), one, *one) != one) {
            refuse("windows.lengths", "a length stands there twice");
        }
    }
    const auto& octets = config.metrics.address.octets();
    const bool is_loopback =
        config.metrics.address.is_v4() ? octets[12] == 127 : config.metrics.address == *IpAddress::parse("::1");
    if (config.metrics.port != 0 && !is_loopback && config.metrics.token_path.empty()) {
        refuse("metrics.address", fmt::format("{} is no loopback address, so others could read the metrics; listen on "
                                              "127.0.0.1, or give metrics.token_path",
                                              config.metrics.address.to_string()));
    }
    if (config.ports.file_prefix.empty() || config.ports.file_prefix.find_first_of("/% ") != std::string::npos) {
        refuse("ports.file_prefix", "give a name without '/', '%' and spaces");
    }
    // A Unix socket's path has 108 octets with the zero behind it (unix(7)).
    if (config.control.path.size() > 107) {
        refuse("control.path", "a socket's path has at most 107 octets; give a shorter one");
    }
}

LoadedConfig load(TomlTable file, const ConfigOverrides& overrides) {
    LoadedConfig loaded;
    Faults faults;
    read_document(std::move(file), loaded, faults);
    for (const auto& variable : overrides.environment) {
        faults.in([&] {
            const auto& [name, value] = variable;
            if (const Setting* setting = setting_of_variable(name)) {
                read_document(document(*setting, value, name), loaded, faults);
                loaded.origins[setting->name()] = name;
            }
        });
    }
    for (const std::string& word : overrides.words) {
        faults.in([&] {
            const std::size_t equals = word.find('=');
            if (equals == std::string::npos) {
                throw std::runtime_error(fmt::format("{}: write SECTION.KEY=VALUE", word));
            }
            const Setting& setting = setting_of_word(word.substr(0, equals));
            read_document(document(setting, word.substr(equals + 1), "--set"), loaded, faults);
            loaded.origins[setting.name()] = "--set";
        });
    }
    check(loaded, faults);
    faults.throw_all();
    return loaded;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> ConfigOverrides::variables() {
    std::vector<std::pair<std::string, std::string>> ours;
    for (char** one = environ; one != nullptr && *one != nullptr; ++one) {
        const std::string_view variable(*one);
        const std::size_t equals = variable.find('=');
        if (variable.starts_with(variable_prefix) && equals != std::string_view::npos) {
            ours.emplace_back(variable.substr(0, equals), variable.substr(equals + 1));
        }
    }
    std::ranges::sort(ours);
    return ours;
}

LoadedConfig load_tap_config(const std::string& path, const ConfigOverrides& overrides) {
    return load(path.empty() ? TomlTable() : TomlTable::read(path), overrides);
}

LoadedConfig parse_tap_config(std::string_view text, const std::string& name, const ConfigOverrides& overrides) {
    return load(TomlTable::parse(text, name), overrides);
}

std::string show_tap_config(const LoadedConfig& loaded, bool all) {
    const TapConfig defaults;
    std::string text;
    std::string section;
    for (const Setting& setting : tap_settings()) {
        const std::string value = setting.show(loaded.config);
        if (!all && value == setting.show(defaults)) {
            continue;
        }
        if (section != setting.section) {
            section = setting.section;
            text.append(fmt::format("{}[{}]\n", text.empty() ? "" : "\n", section));
        }
        const auto origin = loaded.origins.find(setting.name());
        const std::string line = fmt::format("{} = {}", setting.key, value);
        text.append(
            all ? fmt::format("{:<48} # {}\n", line, origin == loaded.origins.end() ? "default" : origin->second)
                : fmt::format("{}\n", line));
    }
    return text;
}

std::vector<std::string> frozen_differences(const TapConfig& running, const TapConfig& wanted) {
    std::vector<std::string> names;
    for (const Setting& setting : tap_settings()) {
        if (!setting.is_live && setting.show(running) != setting.show(wanted)) {
            names.push_back(setting.name());
        }
    }
    return names;
}

}  // namespace echotap
