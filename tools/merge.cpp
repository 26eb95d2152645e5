// SPDX-License-Identifier: Apache-2.0
#include "tools/merge.hpp"

#include <fmt/core.h>

#include "dataplane/state/merge_windows.hpp"
#include "dataplane/state/window_file.hpp"
#include "tools/exit_code.hpp"
#include "tools/window_report.hpp"

namespace echotap {

int run_merge(const MergeOptions& options) {
    const Pseudonyms pseudonyms = Pseudonyms::from_file(options.pseudonym_key_path);
    const HashKey sample_key{options.sample_key[0], options.sample_key[1]};
    ClosedWindow merged = read_window(options.paths.front());
    for (std::size_t i = 1; i < options.paths.size(); ++i) {
        const std::string& path = options.paths[i];
        const ClosedWindow next = read_window(path);
        if (overlap(merged.header, next.header) == SourceOverlap::all) {
            fmt::print(stderr, "echotap: {}: all of its sources are known; skipped\n", path);
            continue;
        }
        try {
            merged = merge(merged, next, sample_key);
        } catch (const WindowMismatch& mismatch) {
            throw std::runtime_error(fmt::format("{}: {}", path, mismatch.what()));
        }
    }
    fmt::print("{}", window_report(merged, options.format, options.top, pseudonyms));
    if (!options.output_path.empty()) {
        write_window(merged, options.output_path);
    }
    return exit_good;
}

}  // namespace echotap
