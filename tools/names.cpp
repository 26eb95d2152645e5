// SPDX-License-Identifier: Apache-2.0
#include "tools/names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "analytics/names/name_encoding.hpp"
#include "analytics/names/name_matcher.hpp"
#include "analytics/resolver/snapshot_line.hpp"
#include "dataplane/capture/compression.hpp"
#include "dataplane/capture/octet_source.hpp"
#include "dataplane/capture/octet_stream.hpp"
#include "tools/exit_code.hpp"
#include "tools/say.hpp"

namespace echotap {

namespace {

constexpr std::size_t lines_together = 4096;
constexpr unsigned complaints_max = 10;

/// A name as it may be shown: what is no printable ASCII is written as RFC 1035 section 5.1 does, \DDD.
void append_printable(std::string& to, std::string_view text) {
    for (const char octet : text) {
        if (octet > ' ' && octet <= '~') {
            to.push_back(octet);
        } else {
            fmt::format_to(std::back_inserter(to), "\\{:03}", static_cast<std::uint8_t>(octet));
        }
    }
}

/// Component `number` of a name in plain form.
std::string component_of(std::string_view name, unsigned number) {
    PlainName plain;
    read_plain_name(name, plain);
    std::string_view rest = plain.text();
    for (; number > 0; --number) {
        rest.remove_prefix(rest.find('.') + 1);
    }
    return std::string(rest.substr(0, rest.find('.')));
}

/// One run: lines are gathered, scanned together and printed.
class NamesRun {
public:
    NamesRun(const NamesOptions& options, const std::string& source)
        : options_(options),
          source_(source),
          scanner_(std::make_shared<const NameMatcher>(name_rules_of(read_name_rule_file(options.rules_path)))) {}

    /// Takes one line; those that are empty or begin with # say nothing.
    void take(std::string_view line, std::uint64_t number) {
        if (line.ends_with('\r')) {
            line.remove_suffix(1);
        }
        if (line.empty() || line.front() == '#') {
            return;
        }
        const std::size_t tab = line.find('\t');
        Asked asked{std::string(line.substr(tab == std::string_view::npos ? 0 : tab + 1)), std::nullopt};
        if (asked.name.find('\t') != std::string::npos) {
            complain(number, "left out, as it has more than two columns; give NAME or ADDRESS<TAB>NAME");
            return;
        }
        if (tab != std::string_view::npos) {
            asked.address = IpAddress::parse(line.substr(0, tab));
            if (!asked.address) {
                complain(number, "left out, as the first of its two columns is no IP address");
                return;
            }
        }
        asked_.push_back(std::move(asked));
        if (asked_.size() == lines_together) {
            print();
        }
    }

    void complain(std::uint64_t number, std::string_view what) {
        if (++complaints_ <= complaints_max) {
            say(fmt::format("echotap: {}:{}: {}\n", source_, number, what));
        }
    }

    /// Prints what was taken.
    void print() {
        names_.clear();
        for (const Asked& asked : asked_) {
            names_.push_back({asked.name, asked.address});
        }
        verdicts_.resize(names_.size());
        scanner_.scan(names_, verdicts_);
        rows_.clear();
        for (std::size_t i = 0; i < asked_.size(); ++i) {
            const auto nameless = nameless_category(asked_[i].name);
            append_row(asked_[i],
                       nameless ? scanner_.matcher().without_name(*nameless, asked_[i].address) : verdicts_[i]);
        }
        asked_.clear();
        if (std::fwrite(rows_.data(), 1, rows_.size(), stdout) != rows_.size() || std::fflush(stdout) != 0) {
            throw std::runtime_error(fmt::format("cannot write to standard output: {}", std::strerror(errno)));
        }
    }

    std::uint64_t complaints() const { return complaints_; }

private:
    struct Asked {
        std::string name;
        std::optional<IpAddress> address;
    };

    void append_row(const Asked& asked, const NameVerdict& verdict) {
        if (asked.address) {
            rows_ += asked.address->to_string();
            rows_.push_back('\t');
        }
        append_printable(rows_, asked.name);
        rows_.push_back('\t');
        rows_ += text_of(verdict.category);
        if (options_.explain) {
            rows_.push_back('\t');
            rows_ += verdict.reason == NameReason::keyword ? component_of(asked.name, verdict.component) : "-";
            rows_.push_back('\t');
            rows_ += scanner_.matcher().rule_text(verdict);
        }
        rows_.push_back('\n');
    }

    const NamesOptions& options_;
    const std::string& source_;
    NameScanner scanner_;
    std::vector<Asked> asked_;
    std::vector<NameToMatch> names_;
    std::vector<NameVerdict> verdicts_;
    std::string rows_;
    std::uint64_t complaints_ = 0;
};

}  // namespace

int run_names(const NamesOptions& options) {
    const bool is_standard_input = options.path == "-";
    const std::string source = is_standard_input ? "standard input" : options.path;
    NamesRun run(options, source);
    LineReader lines(unpack(
        OctetStream(is_standard_input ? DescriptorOctets::standard_input() : DescriptorOctets::open(options.path))));
    bool is_cut = false;
    for (auto line = lines.next(); line && !is_cut; line = lines.next()) {
        is_cut = line->size() > snapshot_line_size_max;
        if (is_cut) {
            run.complain(lines.number(),
                         "a line longer than any name has, so this is no file of names and reading ends");
        } else {
            run.take(*line, lines.number());
        }
        const Octets ready = lines.stream().window();
        if (std::find(ready.begin(), ready.end(), '\n') == ready.end()) {
            run.print();  // whoever types names waits for the answers
        }
    }
    run.print();
    if (run.complaints() > complaints_max) {
        say(fmt::format("echotap: {}: {} lines were left out in all\n", source, run.complaints()));
    }
    if (!lines.stream().problem().empty()) {
        say(fmt::format("echotap: {}: {}; everything before that was read\n", source, lines.stream().problem()));
    }
    return run.complaints() == 0 && lines.stream().problem().empty() ? exit_good : exit_incomplete;
}

}  // namespace echotap
