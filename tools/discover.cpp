// SPDX-License-Identifier: Apache-2.0
#include "tools/discover.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "analytics/models/clusters.hpp"
#include "analytics/models/model_file.hpp"
#include "tools/exit_code.hpp"
#include "tools/grouped.hpp"
#include "tools/learning_input.hpp"
#include "tools/text_file.hpp"
#include "tools/text_wrap.hpp"

namespace echotap {

namespace {

constexpr std::size_t differences_shown = 5;
constexpr std::size_t originators_shown = 4;

/// Those that the model calls unknown.
DescribedRows unknown_rows(const DescribedRows& all, const Model& model, double unknown_share) {
    const Verdicts verdicts = classify(model, all, unknown_share);
    DescribedRows unknown;
    std::vector<std::uint32_t> rows;
    for (std::uint32_t row = 0; row < all.rows.size(); ++row) {
        if (verdicts.rows[row].is_unknown) {
            rows.push_back(row);
            unknown.rows.push_back(all.rows[row]);
        }
    }
    unknown.samples = pick_rows(all.samples, rows);
    return unknown;
}

void print_cluster(const DescribedRows& rows, std::size_t number, const ClusterProfile& profile) {
    fmt::print("\ncluster-{}: {} originators\n", number + 1, grouped(profile.rows.size()));
    std::string text = "differs by";
    for (std::size_t i = 0; i < std::min(differences_shown, profile.differences.size()); ++i) {
        fmt::format_to(std::back_inserter(text), "{} {} {:+.1f}", i == 0 ? "" : ",",
                       name_of(profile.differences[i].first), profile.differences[i].second);
    }
    fmt::print("    {}\n", wrapped(text, 4, 4));
    text = "such as";
    for (std::size_t i = 0; i < std::min(originators_shown, profile.rows.size()); ++i) {
        fmt::format_to(std::back_inserter(text), "{} {}", i == 0 ? "" : ",",
                       rows.rows[profile.rows[i]].originator.short_text());
    }
    fmt::print("    {}\n", wrapped(text, 4, 4));
}

}  // namespace

int run_discover(const DiscoverOptions& options) {
    const DescribedRows all = read_features(options.feature_paths);
    const DescribedRows rows =
        options.model_path.empty() ? all : unknown_rows(all, read_model(options.model_path), options.unknown_share);
    const Clustering clustering = cluster(rows, options.cluster_count, options.seed);
    const std::vector<ClusterProfile> found = profiles(rows, clustering);
    fmt::print("{} of {} originators {}, in {} clusters; silhouette {:.2f}\n", grouped(rows.rows.size()),
               grouped(all.rows.size()), options.model_path.empty() ? "in all" : "called unknown", found.size(),
               clustering.silhouette);
    if (clustering.within.size() > 1) {
        fmt::print("distances within 1 to {} clusters, of those within one:", clustering.within.size());
        for (const double within : clustering.within) {
            fmt::print(" {:.2f}", within / std::max(clustering.within.front(), 1e-12));
        }
        fmt::print("\n");
    }
    fmt::print("differences are in deviations from the mean of these originators\n");
    for (std::size_t i = 0; i < found.size(); ++i) {
        print_cluster(rows, i, found[i]);
    }
    if (!options.output_path.empty()) {
        std::vector<Label> labels;
        for (std::size_t row = 0; row < rows.rows.size(); ++row) {
            labels.push_back(
                {rows.rows[row].originator, fmt::format("cluster-{}", clustering.cluster_of[row] + 1), "", "discover"});
        }
        const std::vector<std::string> remarks{"clusters by echotap " ECHOTAP_VERSION
                                               ": look at them, and put classes in their places"};
        write_text_file(options.output_path, labels_text(labels, remarks));
    }
    return exit_good;
}

}  // namespace echotap
