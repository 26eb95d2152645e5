// SPDX-License-Identifier: Apache-2.0
// What makes rows of windows and may be replaced while a tap runs: names, rules, countries, networks, model,
// thresholds. A configuration goes in; all of it, or an error, comes out.
#pragma once

#include <chrono>
#include <string>

#include "analytics/features/analysis.hpp"
#include "analytics/models/model.hpp"
#include "config/tap_config.hpp"

namespace echotap {

struct LiveParts {
    /// Reads every file that `config` names. Throws std::runtime_error that names the file and what is wrong with it.
    explicit LiveParts(const TapConfig& config);

    RankingConfig ranking;
    Analysis analysis;
    Model model;
    std::string model_text;  // which it is, for people
    std::chrono::seconds name_wait;
    Retention retention;
};

}  // namespace echotap
