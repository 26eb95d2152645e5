// SPDX-License-Identifier: Apache-2.0
#include "analytics/models/clusters.hpp"

#include <gtest/gtest.h>

#include <set>

#include "benchmarks/learning_world.hpp"

namespace echotap {
namespace {

/// Classes that lie far apart.
LearningSet far_apart() {
    return LearningWorld(
               {.class_count = 3, .operators = 3, .addresses = 12, .operator_spread = 4000, .address_spread = 4000})
        .set();
}

TEST(Clusters, find_the_classes_that_lie_far_apart_and_how_many_there_are) {
    const LearningSet set = far_apart();
    const Clustering found = cluster(set.described, 0, 1);
    std::set<std::pair<std::uint16_t, std::uint16_t>> pairs;
    for (std::size_t row = 0; row < set.classes.size(); ++row) {
        pairs.emplace(set.classes[row], found.cluster_of[row]);
    }
    EXPECT_EQ(pairs.size(), 3U) << "each class is one cluster, and each cluster one class";
    EXPECT_EQ(found.within.size(), cluster_count_max);
    EXPECT_GT(found.silhouette, 0.2);
    for (std::size_t i = 1; i < found.within.size(); ++i) {
        EXPECT_LE(found.within[i], found.within[i - 1] * 1.001);
    }
}

TEST(Clusters, are_the_same_from_the_same_seed) {
    const LearningSet set = far_apart();
    EXPECT_EQ(cluster(set.described, 4, 7).cluster_of, cluster(set.described, 4, 7).cluster_of);
    DescribedRows two;
    two.samples.columns = feature_count;
    EXPECT_THROW(cluster(two, 0, 1), std::runtime_error);
}

TEST(Clusters, have_profiles_of_all_rows_that_begin_with_what_differs_most) {
    const LearningSet set = far_apart();
    const Clustering found = cluster(set.described, 3, 1);
    std::size_t rows = 0;
    for (const ClusterProfile& profile : profiles(set.described, found)) {
        rows += profile.rows.size();
        ASSERT_EQ(profile.differences.size(), feature_count);
        EXPECT_GE(std::abs(profile.differences[0].second), std::abs(profile.differences[1].second));
        EXPECT_GT(std::abs(profile.differences[0].second), 0.5);
    }
    EXPECT_EQ(rows, set.classes.size());
}

}  // namespace
}  // namespace echotap
