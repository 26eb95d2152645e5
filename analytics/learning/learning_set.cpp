// SPDX-License-Identifier: Apache-2.0
#include "analytics/learning/learning_set.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <stdexcept>

#include "analytics/formats/csv_rows.hpp"

namespace echotap {

namespace {

/// Groups that become one when they have something in common (Tarjan's disjoint sets, with path halving).
class Groups {
public:
    explicit Groups(std::size_t count) : above_(count) { std::iota(above_.begin(), above_.end(), 0U); }

    std::uint32_t find(std::uint32_t one) {
        while (above_[one] != one) {
            above_[one] = above_[above_[one]];
            one = above_[one];
        }
        return one;
    }

    /// The lower number leads, so that the result does not depend on the order.
    void unite(std::uint32_t one, std::uint32_t other) {
        const auto [low, high] = std::minmax({find(one), find(other)});
        above_[high] = low;
    }

private:
    std::vector<std::uint32_t> above_;
};

std::string network_of(const Prefix& originator) {
    const unsigned length = originator.address().is_v4() ? 120 : 48;
    return Prefix(originator.address(), std::min(length, originator.length())).to_string();
}

void number_groups(LearningSet& set, std::span<const Label* const> labels) {
    const std::size_t rows = labels.size();
    Groups groups(rows);
    std::map<std::string, std::uint32_t> first_of;
    for (std::uint32_t row = 0; row < rows; ++row) {
        const std::string network = network_of(labels[row]->originator);
        groups.unite(row, first_of.try_emplace(fmt::format("network {}", network), row).first->second);
        if (!labels[row]->operator_name.empty()) {
            const std::string name = fmt::format("operator {}", labels[row]->operator_name);
            groups.unite(row, first_of.try_emplace(name, row).first->second);
        }
    }
    std::map<std::uint32_t, std::uint32_t> number_of;
    for (std::uint32_t row = 0; row < rows; ++row) {
        const auto next = static_cast<std::uint32_t>(number_of.size());
        set.groups.push_back(number_of.try_emplace(groups.find(row), next).first->second);
    }
    set.group_count = static_cast<std::uint32_t>(number_of.size());
}

template <class Value>
Octets octets_of(const std::vector<Value>& values) {
    return {reinterpret_cast<const std::uint8_t*>(values.data()), values.size() * sizeof(Value)};
}

ChecksumOctets digest_of(const LearningSet& set) {
    Checksum sum;
    sum.add(octets_of(set.described.samples.values));
    sum.add(octets_of(set.classes));
    sum.add(octets_of(set.groups));
    for (const std::string& name : set.class_names) {
        sum.add(octets_of(std::vector<char>(name.begin(), name.end())));
    }
    return sum.value();
}

/// Rows that late names have made again take the place of those before: only the last revision of a window counts.
class Revisions {
public:
    Revisions(std::string_view text, std::string_view name) {
        CsvRows rows(text, name);
        find_columns(rows);
        while (revision_ && rows.next()) {
            double& last = last_[window(rows)];
            last = std::max(last, rows.number(*revision_));
        }
    }

    bool is_replaced(const CsvRows& rows) const {
        return revision_ && rows.number(*revision_) < last_.at(window(rows));
    }

private:
    void find_columns(const CsvRows& rows) {
        revision_ = rows.find_column("revision");
        for (const char* heading : {"start", "end", "length", "view"}) {
            if (const auto column = rows.find_column(heading)) {
                columns_.push_back(*column);
            }
        }
    }

    std::string window(const CsvRows& rows) const {
        std::string text;
        for (const std::size_t column : columns_) {
            text.append(rows.cell(column)).append(",");
        }
        return text;
    }

    std::optional<std::size_t> revision_;
    std::vector<std::size_t> columns_;
    std::map<std::string, double> last_;
};

}  // namespace

std::vector<double> DescribedRows::footprints() const {
    std::vector<double> values(rows.size());
    std::ranges::transform(rows, values.begin(), &DescribedRow::footprint);
    return values;
}

DescribedRows read_feature_rows(std::string_view text, std::string_view name) {
    const Revisions revisions(text, name);
    CsvRows rows(text, name);
    const std::size_t originator = rows.column("originator");
    const std::size_t footprint = rows.column("footprint");
    const auto start = rows.find_column("start");
    std::array<std::size_t, feature_count> columns{};
    for (std::size_t feature = 0; feature < feature_count; ++feature) {
        columns[feature] = rows.column(feature_table[feature].name);
    }
    DescribedRows described;
    described.samples.columns = feature_count;
    while (rows.next()) {
        if (revisions.is_replaced(rows)) {
            continue;
        }
        const auto prefix = Prefix::parse(rows.cell(originator));
        if (!prefix) {
            rows.refuse(fmt::format("'{}' is no address and no prefix", rows.cell(originator)));
        }
        described.rows.push_back({start ? std::string(rows.cell(*start)) : "", *prefix, rows.number(footprint)});
        for (const std::size_t column : columns) {
            described.samples.values.push_back(static_cast<float>(rows.number(column)));
        }
    }
    return described;
}

DescribedRows described_rows(const FeatureMatrix& matrix, const std::string& window) {
    DescribedRows described;
    described.samples.columns = feature_count;
    described.rows.reserve(matrix.rows.size());
    for (const FeatureRow& row : matrix.rows) {
        described.rows.push_back({window, row.originator, row.footprint.value});
    }
    described.samples.values.resize(matrix.values.size());
    std::ranges::transform(matrix.values, described.samples.values.begin(),
                           [](double value) { return static_cast<float>(value); });
    return described;
}

LearningSet join_labels(const DescribedRows& described, std::span<const Label> labels, unsigned class_count) {
    std::map<Prefix, const Label*> label_of;
    for (const Label& label : labels) {
        label_of.emplace(label.originator, &label);
    }
    std::vector<std::uint32_t> kept;
    std::vector<const Label*> label_by_row;
    std::vector<std::string> names;
    std::map<Prefix, bool> is_seen;
    for (std::uint32_t row = 0; row < described.rows.size(); ++row) {
        const auto found = label_of.find(described.rows[row].originator);
        if (found != label_of.end()) {
            kept.push_back(row);
            label_by_row.push_back(found->second);
            names.push_back(coarse_class(found->second->activity, class_count));
            is_seen[found->first] = true;
        }
    }
    LearningSet set;
    set.class_names = classes_in_order(names);
    if (set.class_names.size() < 2 || set.class_names.size() > class_count_max) {
        throw std::runtime_error(fmt::format(
            "{} of {} rows have a label, of {} classes; 2 to {} classes are needed. Labels must name originators "
            "as the features do",
            kept.size(), described.rows.size(), set.class_names.size(), class_count_max));
    }
    for (const std::uint32_t row : kept) {
        set.described.rows.push_back(described.rows[row]);
    }
    set.described.samples = pick_rows(described.samples, kept);
    for (const std::string& name : names) {
        set.classes.push_back(
            static_cast<std::uint16_t>(std::ranges::find(set.class_names, name) - set.class_names.begin()));
    }
    number_groups(set, label_by_row);
    set.labels_without_row = label_of.size() - is_seen.size();
    set.digest = digest_of(set);
    return set;
}

LearningSet pick_rows(const LearningSet& all, std::span<const std::uint32_t> rows) {
    LearningSet set;
    set.class_names = all.class_names;
    set.remarks = all.remarks;
    set.group_count = all.group_count;
    set.described.samples = pick_rows(all.described.samples, rows);
    for (const std::uint32_t row : rows) {
        set.described.rows.push_back(all.described.rows[row]);
        set.classes.push_back(all.classes[row]);
        set.groups.push_back(all.groups[row]);
    }
    set.digest = digest_of(set);
    return set;
}

LearningSet unite(const LearningSet& first, const LearningSet& second) {
    LearningSet both = first;
    std::vector<std::string> names = first.class_names;
    names.insert(names.end(), second.class_names.begin(), second.class_names.end());
    both.class_names = classes_in_order(names);
    const auto number = [&](const std::string& name) {
        return static_cast<std::uint16_t>(std::ranges::find(both.class_names, name) - both.class_names.begin());
    };
    for (std::uint16_t& one : both.classes) {
        one = number(first.class_names[one]);
    }
    for (std::size_t row = 0; row < second.classes.size(); ++row) {
        both.described.rows.push_back(second.described.rows[row]);
        both.classes.push_back(number(second.class_names[second.classes[row]]));
        both.groups.push_back(first.group_count + second.groups[row]);
    }
    both.described.samples.values.insert(both.described.samples.values.end(), second.described.samples.values.begin(),
                                         second.described.samples.values.end());
    both.group_count = first.group_count + second.group_count;
    both.labels_without_row += second.labels_without_row;
    both.remarks.insert(both.remarks.end(), second.remarks.begin(), second.remarks.end());
    both.digest = digest_of(both);
    return both;
}

}  // namespace echotap
