// SPDX-License-Identifier: Apache-2.0
#include "analytics/learning/labels.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "analytics/learning/label_lists.hpp"
#include "analytics/learning/learning_set.hpp"

namespace echotap {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string error_of(const std::string& text) {
    try {
        read_labels(text, "labels.csv");
    } catch (const std::runtime_error& error) {
        return error.what();
    }
    return "";
}

TEST(Labels, reads_what_it_writes) {
    const std::string text =
        "# from a list\n"
        "originator,class,operator,source\n"
        "192.0.2.1,scan,,darknet\n"
        "192.0.2.7,spam,mailers,\n"
        "2001:db8::/48,cdn,big,\n";
    const auto labels = read_labels(text, "labels.csv");
    ASSERT_EQ(labels.size(), 3U);
    const std::vector<std::string> remarks{"from a list"};
    EXPECT_EQ(labels_text(labels, remarks), text);
    EXPECT_EQ(label_remarks(text), remarks);
    EXPECT_EQ(read_labels(labels_text(labels, {}), "again"), labels);
}

TEST(Labels, finds_columns_by_name_and_does_without_operators) {
    const auto labels = read_labels("class,originator\r\nscan,192.0.2.1\r\n", "labels.csv");
    ASSERT_EQ(labels.size(), 1U);
    EXPECT_EQ(labels[0].activity, "scan");
    EXPECT_EQ(labels[0].operator_name, "");
}

TEST(Labels, refuses_with_line_and_cause) {
    EXPECT_THAT(error_of(""), HasSubstr("empty"));
    EXPECT_THAT(error_of("originator,operator\n"), HasSubstr("no column 'class'"));
    EXPECT_THAT(error_of("originator,class\n192.0.2.1\n"), HasSubstr("labels.csv:2: 1 cells under 2 headings"));
    EXPECT_THAT(error_of("# x\noriginator,class\n192.0.2.300,scan\n"), HasSubstr("labels.csv:3: '192.0.2.300' is no"));
    EXPECT_THAT(error_of("originator,class\n192.0.2.1,unknown\n"), HasSubstr("is no class"));
    EXPECT_THAT(error_of("originator,class\n192.0.2.1,a b\n"), HasSubstr("is no class"));
    EXPECT_THAT(error_of("originator,class\n192.0.2.1,\"scan\"\n"), HasSubstr("a quote"));
    EXPECT_THAT(error_of("originator,class\n192.0.2.1,scan\n192.0.2.1,spam\n"), HasSubstr("both scan and spam"));
    EXPECT_EQ(error_of("originator,class\n192.0.2.1,scan\n192.0.2.1,scan\n"), "");
}

TEST(Labels, keeps_the_papers_order_of_classes) {
    const std::vector<std::string> names{"spam", "zebra", "mail", "cdn", "spam", "apple"};
    EXPECT_THAT(classes_in_order(names), ElementsAre("cdn", "mail", "spam", "apple", "zebra"));
}

TEST(Labels, never_puts_what_harms_and_what_does_not_into_one_coarse_class) {
    for (const unsigned count : {7U, 5U, 2U}) {
        std::vector<std::string> names;
        for (const std::string_view name : paper_classes) {
            names.push_back(coarse_class(name, count));
            EXPECT_EQ(coarse_class(name, 12), name);
        }
        EXPECT_EQ(classes_in_order(names).size(), count);
        EXPECT_THAT(names, testing::Contains(coarse_class("scan", count)).Times(count == 2 ? 2 : 1));
    }
    EXPECT_EQ(coarse_class("zebra", 2), "zebra");
}

Prefix at(const char* text) {
    return *Prefix::parse(text);
}

TEST(LabelLists, read_lists_as_they_are_published) {
    const AddressList list =
        read_block_list("; a remark\n192.0.2.0/24 ; SBL1\r\n\n198.51.100.7\tx\n# more\n192.0.2.9\n", "drop", "spam");
    EXPECT_THAT(list.entries, ElementsAre(at("192.0.2.0/24"), at("198.51.100.7"))) << "one lies within another";
    EXPECT_TRUE(contains(list, at("192.0.2.255")));
    EXPECT_FALSE(contains(list, at("192.0.3.0")));
    EXPECT_FALSE(contains(list, at("198.51.100.8")));
    EXPECT_THROW(read_block_list("192.0.2.1\nnonsense\n", "drop", "spam"), std::runtime_error);
}

TEST(LabelLists, take_scanners_that_touched_more_than_1024_addresses_of_a_darknet) {
    const AddressList list = read_darknet_list("192.0.2.1,1024\n192.0.2.2,1025\n192.0.2.3\n", "telescope");
    EXPECT_THAT(list.entries, ElementsAre(at("192.0.2.2"), at("192.0.2.3")));
}

TEST(LabelLists, label_what_was_seen_and_keep_quiet_where_they_disagree) {
    const std::vector<AddressList> lists{read_block_list("192.0.2.1\n192.0.2.2\n192.0.2.3\n", "a", "spam"),
                                         read_block_list("192.0.2.0/30\n", "b", "spam"),
                                         read_darknet_list("192.0.2.2\n192.0.2.3\n", "c")};
    const std::vector<Prefix> seen{at("192.0.2.1"), at("192.0.2.2"), at("192.0.2.3"), at("192.0.2.200")};
    const auto mine = read_labels("originator,class,source\n192.0.2.3,mail,me\n", "mine");
    const ListedLabels found = label_by_lists(seen, lists, mine);
    EXPECT_EQ(found.disagreements, 1U);
    ASSERT_EQ(found.labels.size(), 2U);
    EXPECT_EQ(found.labels[0], (Label{at("192.0.2.1"), "spam", "", "a+b"}));
    EXPECT_EQ(found.labels[1], mine[0]) << "whoever looked knows better";
}

DescribedRows rows_of(std::initializer_list<const char*> addresses) {
    DescribedRows rows;
    rows.samples.columns = feature_count;
    for (const char* const address : addresses) {
        rows.rows.push_back({"", Prefix(*IpAddress::parse(address), 128), 20});
        rows.samples.values.resize(rows.samples.values.size() + feature_count, 0.5F);
    }
    return rows;
}

TEST(LearningSet, groups_by_operator_and_by_network_whichever_way_they_hang_together) {
    const auto labels = read_labels(
        "originator,class,operator\n192.0.2.1,scan,a\n192.0.2.2,scan,b\n198.51.100.1,scan,b\n203.0.113.1,spam,c\n", "");
    const LearningSet set =
        join_labels(rows_of({"203.0.113.1", "192.0.2.1", "8.8.8.8", "198.51.100.1", "192.0.2.2"}), labels);
    EXPECT_THAT(set.class_names, ElementsAre("scan", "spam"));
    EXPECT_THAT(set.classes, ElementsAre(1, 0, 0, 0));
    EXPECT_THAT(set.groups, ElementsAre(0, 1, 1, 1)) << "a and b share a /24, and b is also elsewhere";
    EXPECT_EQ(set.group_count, 2U);
    EXPECT_EQ(set.labels_without_row, 0U);
}

TEST(LearningSet, says_how_many_labels_found_no_row_and_refuses_one_class) {
    const auto labels = read_labels("originator,class\n192.0.2.1,scan\n192.0.2.9,scan\n203.0.113.1,spam\n", "");
    EXPECT_EQ(join_labels(rows_of({"203.0.113.1", "192.0.2.1"}), labels).labels_without_row, 1U);
    EXPECT_THROW(join_labels(rows_of({"192.0.2.1"}), labels), std::runtime_error);
}

TEST(LearningSet, reads_rows_of_features_by_the_names_of_columns) {
    std::string heading = "footprint,originator";
    std::string row = "20,192.0.2.1";
    for (const FeatureDefinition& feature : feature_table) {
        heading.append(",").append(feature.name);
        row += feature.name == "mail" ? ",0.25" : ",";
    }
    const DescribedRows rows = read_feature_rows(heading + "\n" + row + "\n", "f.csv");
    ASSERT_EQ(rows.rows.size(), 1U);
    EXPECT_EQ(rows.rows[0].footprint, 20);
    EXPECT_EQ(rows.samples.row(0)[1], 0.25F);
    EXPECT_TRUE(std::isnan(rows.samples.row(0)[0])) << "what is not known is not 0";
    EXPECT_THROW(read_feature_rows("footprint,originator\n", "f.csv"), std::runtime_error);
    EXPECT_THROW(read_feature_rows(heading + "\n" + row + "x\n", "f.csv"), std::runtime_error);
}

TEST(LearningSet, takes_the_last_revision_of_a_window) {
    std::string heading = "start,revision,originator,footprint";
    std::string cells;
    for (const FeatureDefinition& feature : feature_table) {
        heading.append(",").append(feature.name);
        cells += ",0";
    }
    std::string text = heading + "\n";
    for (const char* row : {"monday,1,192.0.2.1,20", "monday,1,192.0.2.2,21", "tuesday,1,192.0.2.1,22",
                            "monday,2,192.0.2.1,20", "monday,2,192.0.2.2,21"}) {
        text.append(row).append(cells).append("\n");
    }
    const DescribedRows rows = read_feature_rows(text, "f.csv");
    ASSERT_EQ(rows.rows.size(), 3U);
    EXPECT_EQ(rows.rows[0].window, "tuesday");
    EXPECT_EQ(rows.rows[1].window, "monday");
    EXPECT_EQ(rows.samples.rows(), 3U);
}

}  // namespace
}  // namespace echotap
