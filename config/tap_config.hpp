// SPDX-License-Identifier: Apache-2.0
// All that `echotap tap` may be told, as one value. config/echotap.toml says the same to operators, with the same
// defaults, which a test compares; config/tap_settings.cpp says where each member stands in that file.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "config/geo_config.hpp"
#include "config/line_config.hpp"
#include "config/names_config.hpp"
#include "config/port_config.hpp"
#include "config/store_config.hpp"
#include "config/window_config.hpp"

namespace echotap {

/// What is worth a line in the log: this and all that is worse.
enum class LogLevel : std::uint8_t { error, warning, notice, debug };

/// Which originators of a window become rows.
struct OriginatorConfig {
    /// Unique queriers that an originator needs: the paper's 20 for IPv4; IPv6 is rarer, so fewer will do there, and
    /// for prefixes.
    double min_queriers = 20;
    double min_queriers_v6 = 5;
    /// At most so many of a window, those with the most queriers first.
    std::uint32_t top = 10'000;
};

/// What a restart goes on from.
struct CheckpointConfig {
    /// The file; empty: a restart begins anew.
    std::string path = "/var/lib/echotap/tap.checkpoint";
    /// What a killed process loses of running windows at most; one that has closed and still waits for names is lost
    /// whole.
    std::chrono::seconds interval{60};
};

struct ControlConfig {
    /// The Unix socket of `echotap ctl`, readable by its owner only; empty: there is none.
    std::string path = "/run/echotap/control";
};

/// What Prometheus reads.
struct MetricsConfig {
    /// Where /metrics listens. Anything but a loopback address needs a token.
    IpAddress address = *IpAddress::parse("127.0.0.1");
    /// 0: nobody listens.
    std::uint16_t port = 9530;
    /// A file with the token that a request must carry (`Authorization: Bearer TOKEN`); empty: none must.
    std::string token_path;
};

struct WatchdogConfig {
    /// A worker that has not gone round its loop for so long is stuck: that is told, and the process exits with 1 for
    /// its supervisor to start it again. 0: nobody looks.
    std::chrono::milliseconds worker_limit{3000};
};

struct TapConfig {
    /// What tells this tap from others; empty: the name of the host.
    std::string name;
    /// The user that the process becomes once its ports are open; empty: it stays who it is. Capabilities go in any
    /// case.
    std::string user;
    LogLevel log_level = LogLevel::notice;

    PortConfig ports{.dpdk_telemetry = true};
    LineConfig line;
    /// IPv6 originators are looked up rarely and need a week to be seen by enough queriers (requirements 2.2).
    WindowConfig windows{.lengths = {WindowLength{.length = std::chrono::days(1), .families = OriginatorFamilies::v4},
                                     WindowLength{.length = std::chrono::days(7), .families = OriginatorFamilies::v6}}};
    /// A file with the 32 hexadecimal digits of windows.sample_key, since a key is nothing for a configuration that
    /// many may read; empty: a key of zeros.
    std::string sample_key_path;
    /// How often a running window is looked at: what is in it so far is classified and stored as provisional. 0: never.
    std::chrono::seconds provisional_interval = std::chrono::minutes(5);

    OriginatorConfig originators;
    NamesConfig names;
    /// Rules of name categories; empty: the built-in ones.
    std::string name_rules_path;
    /// How long a window that has closed waits for names that are not known yet.
    std::chrono::seconds name_wait{60};
    GeoConfig geo;
    /// A model of `echotap train`; empty: the one that the program has with it.
    std::string model_path;

    /// The database of windows and their rows; an empty path: nothing is stored.
    StoreConfig store{.path = "/var/lib/echotap/echotap.db"};
    Retention retention{.age_max = std::chrono::days(400)};
    CheckpointConfig checkpoint;
    ControlConfig control;
    MetricsConfig metrics;
    WatchdogConfig watchdog;
};

}  // namespace echotap
