// SPDX-License-Identifier: Apache-2.0
#include "tools/learning_input.hpp"

#include <fmt/format.h>

#include "tools/grouped.hpp"
#include "tools/say.hpp"
#include "tools/text_file.hpp"

namespace echotap {

DescribedRows read_features(const std::vector<std::string>& paths) {
    DescribedRows all;
    all.samples.columns = feature_count;
    for (const std::string& path : paths) {
        const std::string name = text_file_name(path);
        const DescribedRows one = read_feature_rows(read_text_file(path), name);
        all.rows.insert(all.rows.end(), one.rows.begin(), one.rows.end());
        all.samples.values.insert(all.samples.values.end(), one.samples.values.begin(), one.samples.values.end());
    }
    return all;
}

LearningSet read_learning_set(const std::vector<std::string>& feature_paths, const std::string& label_path,
                              unsigned class_count) {
    const DescribedRows described = read_features(feature_paths);
    const std::string name = text_file_name(label_path);
    const std::string text = read_text_file(label_path);
    LearningSet set = join_labels(described, read_labels(text, name), class_count);
    set.remarks = label_remarks(text);
    if (set.labels_without_row > 0) {
        say(fmt::format("echotap: {} labels of {} are of originators without a row\n", grouped(set.labels_without_row),
                        name));
    }
    return set;
}

}  // namespace echotap
