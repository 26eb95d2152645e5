// SPDX-License-Identifier: Apache-2.0
// Which rows a model learns from, and which ones it is asked: classes and groups go in, splits come out. The same seed
// gives the same splits, so that all models answer the same questions.
//
// P0, P1 and P2 are protocols of requirements 4. P0 and P1 deal rows, as the paper does; P2 deals groups (operators and
// /24 networks), because two addresses of one operator are no two independent examples.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace echotap {

/// Rows by number, ascending.
struct Split {
    std::vector<std::uint32_t> train;
    std::vector<std::uint32_t> test;

    bool operator==(const Split&) const = default;
};

/// The paper's share of rows that is learnt from (BS-20).
inline constexpr double train_share_default = 0.6;

/// P0: `times` splits by chance. A class may be missing on either side, as in the paper.
std::vector<Split> random_splits(std::size_t rows, double train_share, unsigned times, std::uint64_t seed);

/// P2: `times` splits by chance in which no group is on both sides. Each class deals its groups by itself until
/// `train_share` of its rows are learnt from; of two groups or more, at least one goes to either side. A class of one
/// group is learnt from. A group of several classes goes with the first of them.
std::vector<Split> grouped_splits(std::span<const std::uint16_t> classes, std::span<const std::uint32_t> groups,
                                  std::size_t class_count, double train_share, unsigned times, std::uint64_t seed);

/// P1: a fold per row, 0 to fold_count - 1; each has its share of every class, to one row.
std::vector<std::uint32_t> stratified_folds(std::span<const std::uint16_t> classes, std::size_t class_count,
                                            std::uint32_t fold_count, std::uint64_t seed);

/// The same with groups kept whole: each goes where its class has the fewest rows.
std::vector<std::uint32_t> grouped_folds(std::span<const std::uint16_t> classes, std::span<const std::uint32_t> groups,
                                         std::size_t class_count, std::uint32_t fold_count, std::uint64_t seed);

/// Groups where every row is independent of every other: 0 to rows - 1.
std::vector<std::uint32_t> each_alone(std::size_t rows);

/// The rows of a fold are asked; all others are learnt from.
Split leave_out(std::span<const std::uint32_t> folds, std::uint32_t fold);

/// The values of these rows.
template <class Value>
std::vector<Value> pick(std::span<const Value> values, std::span<const std::uint32_t> rows) {
    std::vector<Value> picked;
    picked.reserve(rows.size());
    for (const std::uint32_t row : rows) {
        picked.push_back(values[row]);
    }
    return picked;
}

}  // namespace echotap
