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

#include "analytics/name_encoding.hpp"
#include "analytics/name_matcher.hpp"
#include "dataplane/capture/compression.hpp"
#include "dataplane/capture/octet_source.hpp"
#include "dataplane/capture/octet_stream.hpp"
#include "tools/exit_code.hpp"
#include "tools/say.hpp"

namespace echotap {

namespace {

/// An address, a tab and a name whose 255 octets are all written as \DDD have 1,067 octets; nothing longer is kept.
constexpr std::size_t line_size_max = 4096;
constexpr std::size_t lines_together = 4096;
constexpr unsigned complaints_max = 10;

struct Line {
    std::string_view text;  // without its end; valid until the next line is asked for
    bool is_too_long = false;
};

/// Cuts an input into lines without holding more of one than line_size_max octets and a read.
class Lines {
public:
    explicit Lines(OctetStream stream) : stream_(std::move(stream)) {}

    /// The next line; nothing at the end of the input.
    std::optional<Line> next() {
        bool is_too_long = false;
        std::size_t searched = 0;
        for (;;) {
            if (const auto size = find_feed(searched)) {
                return Line{take(*size, 1), is_too_long || *size > line_size_max};
            }
            searched = stream_.window().size();
            if (searched > line_size_max) {
                is_too_long = true;
                take(searched, 0);
                searched = 0;
            }
            if (!stream_.fill(searched + 1)) {
                return searched > 0 || is_too_long ? std::optional(Line{take(searched, 0), is_too_long}) : std::nullopt;
            }
        }
    }

    /// Whether the next line is at hand without waiting for input.
    bool is_ready() const { return find_feed(0).has_value(); }

    std::string_view problem() const { return stream_.problem(); }

private:
    std::optional<std::size_t> find_feed(std::size_t from) const {
        const Octets window = stream_.window();
        const auto feed = std::find(window.begin() + static_cast<std::ptrdiff_t>(from), window.end(), '\n');
        return feed == window.end() ? std::nullopt : std::optional(static_cast<std::size_t>(feed - window.begin()));
    }

    std::string_view take(std::size_t size, std::size_t end_size) {
        const std::string_view text(reinterpret_cast<const char*>(stream_.window().data()), size);
        stream_.consume(size + end_size);
        return text;
    }

    OctetStream stream_;
};

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
            complain(number, "more than two columns; give NAME or ADDRESS<TAB>NAME");
            return;
        }
        if (tab != std::string_view::npos) {
            asked.address = IpAddress::parse(line.substr(0, tab));
            if (!asked.address) {
                complain(number, "the first of two columns is no IP address");
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
            say(fmt::format("echotap: {}:{}: {}; the line is left out\n", source_, number, what));
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
    std::vector<QuerierName> names_;
    std::vector<NameVerdict> verdicts_;
    std::string rows_;
    std::uint64_t complaints_ = 0;
};

}  // namespace

int run_names(const NamesOptions& options) {
    const bool is_standard_input = options.path == "-";
    const std::string source = is_standard_input ? "standard input" : options.path;
    NamesRun run(options, source);
    Lines lines(unpack(
        OctetStream(is_standard_input ? DescriptorOctets::standard_input() : DescriptorOctets::open(options.path))));
    std::uint64_t number = 0;
    for (auto line = lines.next(); line; line = lines.next()) {
        ++number;
        if (line->is_too_long) {
            run.complain(number, "too long for a name");
        } else {
            run.take(line->text, number);
        }
        if (!lines.is_ready()) {
            run.print();  // whoever types names waits for the answers
        }
    }
    run.print();
    if (run.complaints() > complaints_max) {
        say(fmt::format("echotap: {}: {} lines were left out in all\n", source, run.complaints()));
    }
    if (!lines.problem().empty()) {
        say(fmt::format("echotap: {}: {}; everything before that was read\n", source, lines.problem()));
    }
    return run.complaints() == 0 && lines.problem().empty() ? exit_good : exit_incomplete;
}

}  // namespace echotap
