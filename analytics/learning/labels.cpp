// SPDX-License-Identifier: Apache-2.0
#include "analytics/learning/labels.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <stdexcept>

#include "analytics/formats/csv_rows.hpp"

namespace echotap {

namespace {

constexpr std::size_t class_name_max = 32;

}  // namespace

bool is_class_name(std::string_view name) {
    return !name.empty() && name.size() <= class_name_max && name != "unknown" &&
           std::ranges::all_of(name, [](char letter) {
               return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') || letter == '-';
           });
}

std::vector<Label> read_labels(std::string_view text, std::string_view name) {
    CsvRows rows(text, name);
    const std::size_t originator = rows.column("originator");
    const std::size_t activity = rows.column("class");
    const auto operator_name = rows.find_column("operator");
    const auto source = rows.find_column("source");
    std::vector<Label> labels;
    while (rows.next()) {
        const auto prefix = Prefix::parse(rows.cell(originator));
        if (!prefix) {
            rows.refuse(fmt::format("'{}' is no address and no prefix", rows.cell(originator)));
        }
        if (!is_class_name(rows.cell(activity))) {
            rows.refuse(fmt::format("'{}' is no class: 1 to {} of a-z, 0-9 and -, and not 'unknown'",
                                    rows.cell(activity), class_name_max));
        }
        labels.push_back({*prefix, std::string(rows.cell(activity)),
                          operator_name ? std::string(rows.cell(*operator_name)) : "",
                          source ? std::string(rows.cell(*source)) : ""});
    }
    std::ranges::stable_sort(labels, {}, &Label::originator);
    for (std::size_t i = 1; i < labels.size(); ++i) {
        if (labels[i].originator == labels[i - 1].originator && labels[i].activity != labels[i - 1].activity) {
            throw std::runtime_error(fmt::format("{}: {} is both {} and {}; leave one of them out", name,
                                                 labels[i].originator.short_text(), labels[i - 1].activity,
                                                 labels[i].activity));
        }
    }
    // Not std::ranges::unique: clang 14 cannot take the subranges of libstdc++ 12.
    const auto is_repeated = [](const Label& one, const Label& other) { return one.originator == other.originator; };
    labels.erase(std::unique(labels.begin(), labels.end(), is_repeated), labels.end());
    return labels;
}

std::vector<std::string> label_remarks(std::string_view text) {
    std::vector<std::string> remarks;
    while (text.starts_with('#')) {
        const std::string_view line = text.substr(0, text.find_first_of("\r\n"));
        const std::size_t begin = line.find_first_not_of("# \t");
        if (begin != std::string_view::npos) {
            remarks.emplace_back(line.substr(begin));
        }
        const std::size_t next = text.find('\n');
        text.remove_prefix(next == std::string_view::npos ? text.size() : next + 1);
    }
    return remarks;
}

std::string labels_text(std::vector<Label> labels, std::span<const std::string> remarks) {
    std::ranges::stable_sort(labels, {}, &Label::originator);
    std::string text;
    for (const std::string& remark : remarks) {
        fmt::format_to(std::back_inserter(text), "# {}\n", remark);
    }
    text += "originator,class,operator,source\n";
    for (const Label& label : labels) {
        fmt::format_to(std::back_inserter(text), "{},{},{},{}\n", label.originator.short_text(), label.activity,
                       label.operator_name, label.source);
    }
    return text;
}

std::vector<std::string> classes_in_order(std::span<const std::string> names) {
    std::set<std::string> left(names.begin(), names.end());
    std::vector<std::string> classes;
    for (const std::string_view paper : paper_classes) {
        if (left.erase(std::string(paper)) != 0) {
            classes.emplace_back(paper);
        }
    }
    classes.insert(classes.end(), left.begin(), left.end());
    return classes;
}

std::string coarse_class(std::string_view name, unsigned class_count) {
    struct Row {
        std::string_view name, of_7, of_5, of_2;
    };
    // The groups follow what is confused most (requirements 4), and never mix what harms with what does not.
    static constexpr std::array<Row, 12> rows{{{"ad-tracker", "web", "service", "benign"},
                                               {"cdn", "web", "service", "benign"},
                                               {"cloud", "service", "service", "benign"},
                                               {"crawler", "web", "service", "benign"},
                                               {"dns", "service", "service", "benign"},
                                               {"mail", "mail", "mail", "benign"},
                                               {"ntp", "device", "service", "benign"},
                                               {"p2p", "p2p", "p2p", "benign"},
                                               {"push", "service", "service", "benign"},
                                               {"scan", "scan", "scan", "malicious"},
                                               {"spam", "spam", "spam", "malicious"},
                                               {"update", "device", "service", "benign"}}};
    const auto row = std::ranges::find(rows, name, &Row::name);
    if (row == rows.end()) {
        return std::string(name);
    }
    switch (class_count) {
        case 7:
            return std::string(row->of_7);
        case 5:
            return std::string(row->of_5);
        case 2:
            return std::string(row->of_2);
        default:
            return std::string(name);
    }
}

}  // namespace echotap
