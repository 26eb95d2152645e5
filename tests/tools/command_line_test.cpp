// SPDX-License-Identifier: Apache-2.0
#include "tools/command_line.hpp"

#include <gtest/gtest.h>

#include <sstream>

#include "tools/exit_code.hpp"

namespace echotap {
namespace {

struct Outcome {
    Command command;
    std::string out;
    std::string err;

    int code() const { return std::holds_alternative<Exit>(command) ? std::get<Exit>(command).code : -1; }
    const QueriesOptions& queries() const { return std::get<QueriesOptions>(command); }
};

Outcome parse(std::vector<std::string> words) {
    words.insert(words.begin(), "echotap");
    std::vector<char*> argv;
    for (std::string& word : words) {
        argv.push_back(word.data());
    }
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    auto command = parse_command_line(static_cast<int>(argv.size()), argv.data());
    std::fflush(stdout);
    return {std::move(command), testing::internal::GetCapturedStdout(), testing::internal::GetCapturedStderr()};
}

TEST(CommandLine, help_has_an_example_and_is_no_failure) {
    const Outcome outcome = parse({"queries", "--help"});
    EXPECT_EQ(outcome.code(), exit_good);
    EXPECT_NE(outcome.out.find("echotap queries capture.pcap"), std::string::npos);
    EXPECT_EQ(parse({"--help"}).code(), exit_good);
    EXPECT_EQ(parse({"--version"}).code(), exit_good);
}

TEST(CommandLine, help_fits_a_terminal_of_80_columns) {
    for (const std::vector<std::string>& words : {std::vector<std::string>{"--help"},
                                                  {"queries", "--help"},
                                                  {"window", "--help"},
                                                  {"merge", "--help"},
                                                  {"names", "--help"},
                                                  {"resolve", "--help"},
                                                  {"features", "--help"},
                                                  {"read", "--help"},
                                                  {"show", "--help"},
                                                  {"report", "--help"},
                                                  {"simulate", "--help"},
                                                  {"bench", "--help"},
                                                  {"label", "--help"},
                                                  {"train", "--help"},
                                                  {"classify", "--help"},
                                                  {"evaluate", "--help"},
                                                  {"discover", "--help"},
                                                  {"config", "--help"},
                                                  {"tap", "--help"}}) {
        std::istringstream help(parse(words).out);
        for (std::string line; std::getline(help, line);) {
            EXPECT_LE(line.size(), 79U) << line;
        }
    }
}

TEST(CommandLine, wrong_words_are_usage_errors_that_say_what_is_wrong) {
    const struct {
        std::vector<std::string> words;
        std::string part;  // of what is said
    } rows[] = {
        {{}, ""},
        {{"querys", "a.pcap"}, "did you mean 'queries'?"},
        {{"cap"}, "did you mean 'tap'?\nTry: echotap --help"},
        {{"foo"}, "'foo' is not a command\nTry: echotap --help"},
        {{"read", "--nonsense"}, "Try: echotap read --help"},
        {{"queries"}, "nothing to read"},
        {{"queries", "--format", "xml", "a.pcap"}, "--format"},
        {{"queries", "--nonsense", "a.pcap"}, "--nonsense"},
        {{"queries", "--authority", "192.0.2.1/24", "a.pcap"}, "192.0.2.1/24"},
        {{"queries", "--dns-port", "0", "a.pcap"}, "--dns-port"},
        {{"queries", "--dns-port", "70000", "a.pcap"}, "--dns-port"},
        {{"queries", "--workers", "0", "a.pcap"}, "--workers"},
        {{"queries", "--seconds", "5", "a.pcap"}, "--seconds"},
        {{"queries", "--port", "net_null0", "a.pcap"}, "--port"},
        {{"queries", "--port", "net_null0", "--seconds", "nan"}, "--seconds"},
        {{"queries", "--port", "net_null0", "--seconds", "1e300"}, "--seconds"},
        {{"queries", "--queues", "2", "a.pcap"}, "--queues"},
        {{"queries", "--format", "1", "a.pcap"}, "tsv or jsonl"},
        {{"window", "--checkpoint-interval", "1m", "a.pcap"}, "goes with --checkpoint"},
        {{"window", "--checkpoint", "f", "--checkpoint-interval", "often", "a.pcap"}, "--checkpoint-interval often"},
        {{"show"}, "give an ORIGINATOR"},
        {{"show", "192.0.2"}, "192.0.2: not an address"},
        {{"show", "192.0.2.1"}, "give --store FILE"},
        {{"report"}, "give --store FILE"},
        {{"report", "--store", "s", "--windows", "0"}, "--windows"},
        {{"read"}, "nothing to read"},
        {{"read", "--again", "a.pcap"}, "--again goes with --store"},
        {{"read", "--top", "0", "a.pcap"}, "--top"},
        {{"read", "--unknown", "0.6", "a.pcap"}, "--unknown"},
        {{"classify", "--unknown", "0.6", "a.csv"}, "--unknown"},
        {{"discover", "--unknown", "0.6", "a.csv"}, "--unknown"},
        {{"read", "--explain", "30", "a.pcap"}, "--explain"},
        {{"simulate"}, "give -o FOLDER"},
        {{"simulate", "-o", "x", "--duration", "1s"}, "--duration 1s"},
        {{"simulate", "-o", "x", "--authority", "letter"}, "final, national or root"},
        {{"simulate", "-o", "x", "--seed", "one"}, "--seed"},
        {{"window"}, "--port"},
        {{"window", "--port", "net_null0", "a.pcap"}, "--port"},
        {{"window", "--seconds", "5", "a.pcap"}, "--seconds"},
    };
    for (const auto& row : rows) {
        const Outcome outcome = parse(row.words);
        EXPECT_EQ(outcome.code(), exit_usage) << row.part;
        EXPECT_NE(outcome.err.find(row.part), std::string::npos) << outcome.err;
    }
}

TEST(CommandLine, an_authority_takes_one_word_so_that_the_path_stays_a_path) {
    const Outcome outcome =
        parse({"queries", "--authority", "192.0.2.0/24", "--authority", "2001:db8::1", "a.pcap", "-"});
    ASSERT_EQ(outcome.code(), -1) << outcome.err;
    ASSERT_EQ(outcome.queries().line.authorities.size(), 2U);
    EXPECT_EQ(outcome.queries().line.authorities[1].to_string(), "2001:db8::1/128");
    EXPECT_EQ(outcome.queries().paths, (std::vector<std::string>{"a.pcap", "-"}));
}

TEST(CommandLine, dns_ports_replace_the_default) {
    const Outcome outcome = parse({"queries", "--dns-port", "5300", "--dns-port", "53", "a.pcap"});
    ASSERT_EQ(outcome.code(), -1) << outcome.err;
    EXPECT_EQ(outcome.queries().line.dns_ports, (std::vector<std::uint16_t>{5300, 53}));
}

TEST(CommandLine, windows_of_ports_are_days_unless_a_length_is_given) {
    const auto lengths = [](const Outcome& outcome) {
        return std::get<WindowOptions>(outcome.command).windows.lengths;
    };
    EXPECT_EQ(lengths(parse({"window", "--port", "net_null0"})), std::vector{WindowLength::parse("1d").value()});
    EXPECT_EQ(lengths(parse({"window", "--port", "net_null0", "--length", "whole"})), std::vector{WindowLength{}});
    EXPECT_EQ(lengths(parse({"window", "a.pcap"})), std::vector{WindowLength{}});
}

TEST(CommandLine, a_port_keeps_its_commas) {
    const Outcome outcome = parse({"queries", "--port", "net_af_packet0,iface=eth1", "--seconds", "5"});
    ASSERT_EQ(outcome.code(), -1) << outcome.err;
    EXPECT_EQ(outcome.queries().live.ports, (std::vector<std::string>{"net_af_packet0,iface=eth1"}));
    EXPECT_EQ(outcome.queries().seconds, 5);
}

TEST(CommandLine, resolve_reads_whom_to_ask_and_how) {
    const Outcome outcome = parse({"resolve",
                                   "--server",
                                   "192.0.2.53",
                                   "--server",
                                   "[2001:db8::53]:5353",
                                   "--rate",
                                   "0",
                                   "--network-rate",
                                   "7.5",
                                   "--timeout",
                                   "0.25",
                                   "--tries",
                                   "3",
                                   "--in-flight",
                                   "9",
                                   "--cache",
                                   "names.cache",
                                   "--source",
                                   "192.0.2.1",
                                   "a.txt"});
    const auto& options = std::get<ResolveOptions>(outcome.command);
    const ResolverConfig& resolver = options.names.resolver;
    ASSERT_EQ(resolver.servers.size(), 2U);
    EXPECT_EQ(resolver.servers[0].to_string(), "192.0.2.53:53");
    EXPECT_EQ(resolver.servers[1].to_string(), "[2001:db8::53]:5353");
    EXPECT_EQ(resolver.queries_per_second, 0);
    EXPECT_EQ(resolver.network_queries_per_second, 7.5);
    EXPECT_EQ(resolver.timeout, std::chrono::milliseconds(250));
    EXPECT_EQ(resolver.tries, 3U);
    EXPECT_EQ(resolver.in_flight_max, 9U);
    EXPECT_EQ(resolver.source_addresses.size(), 1U);
    EXPECT_EQ(options.names.cache.path, "names.cache");
    EXPECT_EQ(options.path, "a.txt");

    for (const auto& [words, part] : std::vector<std::pair<std::vector<std::string>, std::string>>{
             {{"resolve"}, "nobody to ask"},
             {{"resolve", "--server", "ns.example"}, "--server ns.example: not an address"},
             {{"resolve", "--server", "192.0.2.1", "--source", "x"}, "--source x: not an IP address"},
             {{"queries", "a.pcap", "--own-resolver", "192.0.2.0/24"},
              "--own-resolver 192.0.2.0/24: not an IP address"},
             {{"window", "a.pcap", "--own-resolver", "x"}, "--own-resolver x: not an IP address"}}) {
        const Outcome wrong = parse(words);
        EXPECT_EQ(wrong.code(), exit_usage);
        EXPECT_NE(wrong.err.find(part), std::string::npos) << wrong.err;
    }
    EXPECT_EQ(parse({"queries", "a.pcap", "--own-resolver", "192.0.2.1"}).queries().line.own_resolver_addresses.size(),
              1U);
}

TEST(CommandLine, features_reads_whom_to_ask_and_how_long_to_wait) {
    const Outcome outcome = parse({"features", "--resolver", "192.0.2.53", "--name-cache", "names.cache", "--rate", "7",
                                   "--wait", "90s", "--own-resolver", "192.0.2.1", "a.pcap"});
    const auto& options = std::get<FeaturesOptions>(outcome.command);
    EXPECT_EQ(servers_text(options.names.resolver), "192.0.2.53:53");
    EXPECT_EQ(options.names.cache.path, "names.cache");
    EXPECT_EQ(options.names.resolver.queries_per_second, 7);
    EXPECT_EQ(options.wait, std::chrono::seconds(90));
    EXPECT_EQ(options.line.own_resolver_addresses.size(), 1U);
    const Outcome at_once = parse({"features", "--resolver", "192.0.2.53", "--wait", "0", "a.pcap"});
    EXPECT_EQ(std::get<FeaturesOptions>(at_once.command).wait, std::chrono::seconds(0));
    for (const auto& [words, part] : std::vector<std::pair<std::vector<std::string>, std::string>>{
             {{"features", "a.pcap", "--wait", "1m"}, "--wait goes with --resolver"},
             {{"features", "a.pcap", "--resolver", "::1", "--wait", "soon"}, "--wait soon: not a duration"},
             {{"features", "a.pcap", "--resolver", "ns.example"}, "--resolver ns.example: not an address"}}) {
        const Outcome wrong = parse(words);
        EXPECT_EQ(wrong.code(), exit_usage);
        EXPECT_NE(wrong.err.find(part), std::string::npos) << wrong.err;
    }
}

}  // namespace
}  // namespace echotap
