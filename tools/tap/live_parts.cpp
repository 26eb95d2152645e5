// SPDX-License-Identifier: Apache-2.0
#include "tools/tap/live_parts.hpp"

#include <fmt/format.h>

#include "analytics/models/model_file.hpp"
#include "analytics/models/shipped_model.hpp"

namespace echotap {

namespace {

RankingConfig ranking_of(const TapConfig& config) {
    const auto& key = config.windows.sample_key;
    return {.min_queriers_v4 = config.originators.min_queriers,
            .min_queriers_v6 = config.originators.min_queriers_v6,
            .top = config.originators.top,
            .sample_key = {key[0], key[1]}};
}

std::string text_of(const std::string& path, const Provenance& provenance) {
    std::string text = path.empty() ? "the model that the program has with it" : path;
    if (!provenance.notice.empty()) {
        text.append(": ").append(provenance.notice);
    }
    return text;
}

}  // namespace

LiveParts::LiveParts(const TapConfig& config)
    : ranking(ranking_of(config)),
      analysis({.names = config.names, .rules_path = config.name_rules_path, .geo = config.geo, .ranking = ranking}),
      model(config.model_path.empty() ? shipped_model() : read_model(config.model_path)),
      model_text(text_of(config.model_path, model.provenance)),
      name_wait(config.name_wait),
      retention(config.retention) {
}

}  // namespace echotap
