// SPDX-License-Identifier: Apache-2.0
#include "analytics/learning/splits.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <numeric>

#include "analytics/learning/dice.hpp"

namespace echotap {

namespace {

/// Rows that stay together, with the class of the first.
struct Group {
    std::uint16_t activity = 0;
    std::vector<std::uint32_t> rows;
};

/// By class, in the order of their numbers.
std::vector<std::vector<Group>> groups_by_class(std::span<const std::uint16_t> classes,
                                                std::span<const std::uint32_t> groups, std::size_t class_count) {
    std::map<std::uint32_t, Group> group_of;
    for (std::uint32_t row = 0; row < classes.size(); ++row) {
        const auto [found, is_new] = group_of.try_emplace(groups[row], Group{classes[row], {}});
        found->second.rows.push_back(row);
    }
    std::vector<std::vector<Group>> by_class(class_count);
    for (auto& [number, group] : group_of) {
        by_class[group.activity].push_back(std::move(group));
    }
    return by_class;
}

void order(Split& split) {
    std::ranges::sort(split.train);
    std::ranges::sort(split.test);
}

void add(std::vector<std::uint32_t>& to, const std::vector<std::uint32_t>& rows) {
    to.insert(to.end(), rows.begin(), rows.end());
}

/// Deals the groups of a class in their (shuffled) order.
void deal(const std::vector<Group>& groups, double train_share, Split& split) {
    double rows = 0;
    for (const Group& group : groups) {
        rows += static_cast<double>(group.rows.size());
    }
    double dealt = 0;
    for (std::size_t i = 0; i < groups.size(); ++i) {
        const auto size = static_cast<double>(groups[i].rows.size());
        const bool is_last_chance = i > 0 && i + 1 == groups.size() && dealt == rows - size;
        // Whichever comes nearer to the share, with this group or without it.
        const bool is_wanted = dealt + size / 2 <= train_share * rows;
        if (i == 0 || (is_wanted && !is_last_chance)) {
            add(split.train, groups[i].rows);
            dealt += size;
        } else {
            add(split.test, groups[i].rows);
        }
    }
}

}  // namespace

std::vector<Split> random_splits(std::size_t rows, double train_share, unsigned times, std::uint64_t seed) {
    Dice dice(seed);
    std::vector<Split> splits(times);
    const auto train = static_cast<std::ptrdiff_t>(std::lround(static_cast<double>(rows) * train_share));
    for (Split& split : splits) {
        std::vector<std::uint32_t> order_of = each_alone(rows);
        dice.shuffle(std::span(order_of));
        split.train.assign(order_of.begin(), order_of.begin() + train);
        split.test.assign(order_of.begin() + train, order_of.end());
        order(split);
    }
    return splits;
}

std::vector<Split> grouped_splits(std::span<const std::uint16_t> classes, std::span<const std::uint32_t> groups,
                                  std::size_t class_count, double train_share, unsigned times, std::uint64_t seed) {
    Dice dice(seed);
    auto by_class = groups_by_class(classes, groups, class_count);
    std::vector<Split> splits(times);
    for (Split& split : splits) {
        for (auto& of_class : by_class) {
            dice.shuffle(std::span(of_class));
            deal(of_class, train_share, split);
        }
        order(split);
    }
    return splits;
}

std::vector<std::uint32_t> stratified_folds(std::span<const std::uint16_t> classes, std::size_t class_count,
                                            std::uint32_t fold_count, std::uint64_t seed) {
    return grouped_folds(classes, each_alone(classes.size()), class_count, fold_count, seed);
}

std::vector<std::uint32_t> grouped_folds(std::span<const std::uint16_t> classes, std::span<const std::uint32_t> groups,
                                         std::size_t class_count, std::uint32_t fold_count, std::uint64_t seed) {
    Dice dice(seed);
    std::vector<std::uint32_t> folds(classes.size());
    std::vector<std::size_t> rows_of_fold(fold_count);
    for (auto& of_class : groups_by_class(classes, groups, class_count)) {
        dice.shuffle(std::span(of_class));
        // The largest first, or they find no room; of equal ones chance decides.
        std::ranges::stable_sort(of_class, std::greater<>(), [](const Group& group) { return group.rows.size(); });
        std::vector<std::size_t> of_this_class(fold_count);
        for (const Group& group : of_class) {
            std::uint32_t best = 0;
            for (std::uint32_t fold = 1; fold < fold_count; ++fold) {
                if (std::pair(of_this_class[fold], rows_of_fold[fold]) <
                    std::pair(of_this_class[best], rows_of_fold[best])) {
                    best = fold;
                }
            }
            of_this_class[best] += group.rows.size();
            rows_of_fold[best] += group.rows.size();
            for (const std::uint32_t row : group.rows) {
                folds[row] = best;
            }
        }
    }
    return folds;
}

std::vector<std::uint32_t> each_alone(std::size_t rows) {
    std::vector<std::uint32_t> groups(rows);
    std::iota(groups.begin(), groups.end(), 0U);
    return groups;
}

Split leave_out(std::span<const std::uint32_t> folds, std::uint32_t fold) {
    Split split;
    for (std::uint32_t row = 0; row < folds.size(); ++row) {
        (folds[row] == fold ? split.test : split.train).push_back(row);
    }
    return split;
}

}  // namespace echotap
