// SPDX-License-Identifier: Apache-2.0
#include "tools/show.hpp"

#include <fmt/core.h>

#include "analytics/store/store_view.hpp"
#include "tools/exit_code.hpp"
#include "tools/say.hpp"
#include "tools/store_report.hpp"

namespace echotap {

namespace {

constexpr std::size_t neighbours_max = 256;  // a whole /24

}  // namespace

int run_show(const ShowOptions& options) {
    const Pseudonyms pseudonyms = Pseudonyms::from_file(options.pseudonym_key_path);
    StoreView store(options.store_path);
    const auto history = store.history(options.originator);
    const auto neighbours = store.neighbours(options.originator, neighbours_max);
    if (history.empty() && neighbours.empty()) {
        say(fmt::format("echotap: {} has no row of {} or its neighbours\n", options.store_path,
                        options.originator.short_text()));
        return exit_failed;
    }
    fmt::print("{}{}", notices_text(store.notices()), show_text(options.originator, history, neighbours, pseudonyms));
    return history.empty() ? exit_failed : exit_good;
}

int run_report(const ReportOptions& options) {
    StoreView store(options.store_path);
    fmt::print("{}{}", notices_text(store.notices()), mixes_text(store.mixes(options.windows)));
    return exit_good;
}

}  // namespace echotap
