// SPDX-License-Identifier: Apache-2.0
// The words of a command go in; one typed struct per subcommand comes out. CLI11, which is costly to compile,
// stands in the rooms command_line* alone.
#pragma once

#include <array>
#include <chrono>
#include <string>
#include <variant>
#include <vector>

#include "config/geo_config.hpp"
#include "config/line_config.hpp"
#include "config/names_config.hpp"
#include "config/port_config.hpp"
#include "config/window_config.hpp"
#include "tools/learning_options.hpp"
#include "tools/line_rate/bench_options.hpp"
#include "tools/rows_format.hpp"
#include "tools/simulate.hpp"

namespace echotap {

enum class RowFormat { tsv, jsonl };

/// Whose addresses are printed as pseudonyms, where there is a key.
enum class PseudonymsOf { all, queriers };

/// What `echotap queries` was asked to do.
struct QueriesOptions {
    RowFormat format = RowFormat::tsv;
    LineConfig line;
    std::vector<std::string> paths;  // captures; empty where ports are tapped
    PortConfig live;                 // live.ports is empty where captures are read; live.workers holds for both
    double seconds = 0;              // how long to tap; 0: until a signal
    std::string ledger_path;         // empty: not written
    std::string pseudonym_key_path;  // empty: addresses are printed as they are
    PseudonymsOf pseudonyms_of = PseudonymsOf::all;
    bool quiet = false;  // no progress bar, no ledger on stderr
};

enum class WindowFormat { table, json };

/// What `echotap window` was asked to do.
struct WindowOptions {
    WindowFormat format = WindowFormat::table;
    LineConfig line;
    WindowConfig windows;
    std::vector<std::string> paths;  // captures; empty where ports are tapped
    PortConfig live;                 // live.ports is empty where captures are read; live.workers holds for both
    double seconds = 0;              // how long to tap; 0: until a signal
    std::size_t top = 10;            // originators that are printed for each window
    std::string output_path;         // empty: windows are not written
    std::string checkpoint_path;     // empty: no checkpoints
    std::chrono::seconds checkpoint_interval{60};
    std::string pseudonym_key_path;  // empty: addresses are printed as they are
    bool quiet = false;              // no progress bar
};

/// What `echotap merge` was asked to do.
struct MergeOptions {
    WindowFormat format = WindowFormat::table;
    std::vector<std::string> paths;
    std::array<std::uint64_t, 2> sample_key{};
    std::size_t top = 10;
    std::string output_path;
    std::string pseudonym_key_path;  // empty: addresses are printed as they are
};

/// What `echotap resolve` was asked to do.
struct ResolveOptions {
    NamesConfig names;
    std::string path = "-";  // addresses, one a line; -: standard input
    bool quiet = false;      // no progress bar, no counts on stderr
};

/// What `echotap names` was asked to do.
struct NamesOptions {
    std::string path = "-";  // lines `name` or `address<TAB>name`; -: standard input
    std::string rules_path;  // empty: the built-in rules
    bool explain = false;    // print what decided
};

/// Where analysed windows come from, and what makes their rows (AnalysedInput).
struct InputOptions {
    LineConfig line;
    WindowConfig windows;
    std::vector<std::string> paths;  // captures, or files of windows
    NamesConfig names;
    std::chrono::seconds wait{60};  // for names, at the end of each window
    std::string rules_path;         // of name categories; empty: the built-in ones
    GeoConfig geo;
    unsigned workers = 1;
    double min_queriers = 20;        // of an IPv4 originator
    double min_queriers_v6 = 5;      // of an IPv6 originator or prefix
    std::size_t top = 10'000;        // originators of a window
    std::string pseudonym_key_path;  // empty: addresses are printed as they are
    bool quiet = false;              // no progress bar
};

enum class ConfigAction { check, show };

/// What `echotap config` was asked to do.
struct ConfigOptions {
    ConfigAction action = ConfigAction::check;
    std::string path;                // of the settings; empty: defaults alone
    bool is_effective = false;       // show: all, with what goes over the file
    bool is_syntax_only = false;     // check: without a look at the files that it names
    std::vector<std::string> words;  // SECTION.KEY=VALUE
};

/// What `echotap tap` was asked to do.
struct TapOptions {
    std::string path;                // of the settings; empty: defaults alone
    std::vector<std::string> words;  // SECTION.KEY=VALUE
    double seconds = 0;              // how long to tap; 0: until a signal
};

/// What `echotap top` was asked to show.
struct TopOptions {
    std::string socket_path;     // empty: as the settings have it
    std::string path;            // of the settings
    double interval = 2;         // seconds
    std::uint64_t pictures = 0;  // 0: until a signal
};

/// What `echotap ctl` was asked to say.
struct CtlOptions {
    std::string action;
    std::string argument;
    std::string socket_path;  // empty: as the settings have it
    std::string path;         // of the settings
};

/// What `echotap features` was asked to do.
struct FeaturesOptions : InputOptions {
    RowsFormat format = RowsFormat::table;
};

/// What `echotap read` was asked to do.
struct ReadOptions : InputOptions {
    RowsFormat format = RowsFormat::table;
    std::string model_path;  // empty: the one that ships with the program
    std::string store_path;  // empty: nothing is stored
    bool again = false;      // captures that the store knows are read and stored again
    double unknown_share = unknown_share_default;
    std::size_t shown = 0;    // originators that are printed; 0: 20 in a table, else all
    std::size_t reasons = 0;  // that are printed for each of them
};

/// What `echotap show` was asked to do.
struct ShowOptions {
    std::string store_path;
    Prefix originator{IpAddress{}, 0};
    std::string pseudonym_key_path;  // empty: addresses are printed as they are
};

/// What `echotap report` was asked to do.
struct ReportOptions {
    std::string store_path;
    std::size_t windows = 20;  // the last so many
};

/// What is left to do after the words were read: nothing but to exit, or a subcommand.
struct Exit {
    int code;
};

using Command =
    std::variant<Exit, QueriesOptions, WindowOptions, MergeOptions, NamesOptions, FeaturesOptions, SimulateOptions,
                 ResolveOptions, ReadOptions, ShowOptions, ReportOptions, LabelOptions, TrainOptions, ClassifyOptions,
                 EvaluateOptions, DiscoverOptions, ConfigOptions, TapOptions, CtlOptions, TopOptions, BenchOptions>;

/// Reads the command. Prints help (stdout) or what is wrong with the words (stderr) itself and returns Exit then.
Command parse_command_line(int argc, char** argv);

}  // namespace echotap
