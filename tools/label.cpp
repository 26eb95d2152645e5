// SPDX-License-Identifier: Apache-2.0
#include "tools/label.hpp"

#include <fmt/format.h>

#include "analytics/learning/label_lists.hpp"
#include "tools/exit_code.hpp"
#include "tools/grouped.hpp"
#include "tools/learning_input.hpp"
#include "tools/say.hpp"
#include "tools/text_file.hpp"

namespace echotap {

namespace {

/// What a list is called in labels, and a remark on where it came from.
AddressList named(AddressList list, const NamedPath& from, std::vector<std::string>& remarks) {
    remarks.push_back(
        fmt::format("{}: {} entries of {}, class {}", from.name, list.entries.size(), from.path, list.activity));
    list.name = from.name;
    return list;
}

}  // namespace

int run_label(const LabelOptions& options) {
    std::vector<std::string> remarks{"labels by echotap " ECHOTAP_VERSION};
    std::vector<Label> known;
    for (const NamedPath& from : options.imports) {
        const std::vector<Label> labels = read_labels(read_text_file(from.path), text_file_name(from.path));
        remarks.push_back(fmt::format("{}: {} labels of {}", from.name, labels.size(), from.path));
        for (Label label : labels) {
            label.source = label.source.empty() ? from.name : label.source;
            known.push_back(std::move(label));
        }
    }
    // Imports that contradict each other are refused as one file that contradicts itself would be.
    known = read_labels(labels_text(known, {}), "the imports together");
    std::vector<AddressList> lists;
    for (const NamedPath& from : options.block_lists) {
        lists.push_back(
            named(read_block_list(read_text_file(from.path), text_file_name(from.path), "spam"), from, remarks));
    }
    for (const NamedPath& from : options.darknets) {
        lists.push_back(named(read_darknet_list(read_text_file(from.path), text_file_name(from.path)), from, remarks));
    }
    std::vector<Prefix> originators;
    for (const DescribedRow& row : read_features(options.feature_paths).rows) {
        originators.push_back(row.originator);
    }
    const ListedLabels found = label_by_lists(originators, lists, known);
    write_text_file(options.output_path, labels_text(found.labels, remarks));
    say(fmt::format("echotap: {} labels; lists disagree about {} originators, which have none\n",
                    grouped(found.labels.size()), grouped(found.disagreements)));
    return exit_good;
}

}  // namespace echotap
