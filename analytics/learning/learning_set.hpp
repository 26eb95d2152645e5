// SPDX-License-Identifier: Apache-2.0
// What a model learns from: rows of features and labels go in, rows with a class and a group come out.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "analytics/features/features.hpp"
#include "analytics/learning/labels.hpp"
#include "analytics/learning/samples.hpp"
#include "dataplane/state/checksum.hpp"

namespace echotap {

/// An originator in a window, described.
struct DescribedRow {
    std::string window;  // when it began, as text that sorts by time
    Prefix originator{IpAddress{}, 0};
    double footprint = 0;
};

/// Rows of features, with or without labels.
struct DescribedRows {
    std::vector<DescribedRow> rows;
    Samples samples;  // a column per Feature of the feature table

    std::vector<double> footprints() const;
};

/// Reads what `echotap features --format csv` wrote; columns are found by their names, and of a window
/// with several revisions the last one counts. Throws std::runtime_error with
/// `name`, line and cause where a column is missing or a cell is no number.
DescribedRows read_feature_rows(std::string_view text, std::string_view name);

/// The rows of a window that has just been described; `window` is when it began.
DescribedRows described_rows(const FeatureMatrix& matrix, const std::string& window);

struct LearningSet {
    DescribedRows described;
    std::vector<std::string> class_names;
    std::vector<std::uint16_t> classes;  // by row
    /// By row: rows whose originators share an operator or a /24 (IPv6: /48), directly or by way of others, are in one
    /// group. Rows of different groups are independent examples, as far as anyone can know.
    std::vector<std::uint32_t> groups;
    std::uint32_t group_count = 0;
    std::size_t labels_without_row = 0;  // originators that have a label and were not seen
    ChecksumOctets digest{};             // of values, classes and groups
    std::vector<std::string> remarks;    // what the labels' files say of where they come from
};

/// The rows that have a label, in the order of the rows. `class_count` as in coarse_class(). Throws std::runtime_error
/// where fewer than two classes are left, or more than 1,000.
LearningSet join_labels(const DescribedRows& described, std::span<const Label> labels, unsigned class_count = 12);

/// As many of `rows` as there are, of the same classes.
LearningSet pick_rows(const LearningSet& all, std::span<const std::uint32_t> rows);

/// Rows of both, by the classes of both; those of `second` come last and keep groups of their own.
LearningSet unite(const LearningSet& first, const LearningSet& second);

}  // namespace echotap
