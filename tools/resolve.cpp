// SPDX-License-Identifier: Apache-2.0
#include "tools/resolve.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <iterator>
#include <stdexcept>
#include <system_error>

#include "analytics/resolver/name_sources.hpp"
#include "analytics/resolver/snapshot_line.hpp"
#include "dataplane/capture/compression.hpp"
#include "dataplane/dpdk/stop.hpp"
#include "tools/exit_code.hpp"
#include "tools/grouped.hpp"
#include "tools/progress_bar.hpp"
#include "tools/say.hpp"

namespace echotap {

namespace {

/// Addresses that are resolved and then printed together: the last of them to be answered holds up the others, and at
/// 100 a second that is one hundredth of the time.
constexpr std::size_t batch_size = 65'536;

/// The addresses of a file, and the lines that hold none.
class AddressReader {
public:
    explicit AddressReader(const std::string& path)
        : path_(path == "-" ? "standard input" : path),
          lines_(unpack(OctetStream(path == "-" ? DescriptorOctets::standard_input() : DescriptorOctets::open(path)))) {
    }

    /// Fills `addresses` with the next ones, up to batch_size; empty at the end.
    void read(std::vector<IpAddress>& addresses) {
        addresses.clear();
        while (addresses.size() < batch_size) {
            const auto line = lines_.next();
            if (!line) {
                return;
            }
            const std::size_t begin = line->find_first_not_of(" \t\r");
            if (begin == std::string_view::npos || (*line)[begin] == '#') {
                continue;
            }
            const std::string_view word = line->substr(begin, line->find_first_of(" \t\r", begin) - begin);
            if (const auto address = IpAddress::parse(word)) {
                addresses.push_back(*address);
            } else if (++bad_lines_ == 1) {
                first_bad_ = lines_.number();
            }
        }
    }

    ReadProgress progress() const { return lines_.stream().progress(); }

    /// Says what was not read; true where all was.
    bool report() const {
        if (bad_lines_ > 0) {
            say(fmt::format("echotap: {}:{}: no IP address; {} such {}\n", path_, first_bad_, grouped(bad_lines_),
                            bad_lines_ == 1 ? "line was left out" : "lines were left out"));
        }
        if (const std::string_view problem = lines_.stream().problem(); !problem.empty()) {
            say(fmt::format("echotap: {} {}; the addresses before were read\n", path_, problem));
            return false;
        }
        return bad_lines_ == 0;
    }

private:
    std::string path_;
    LineReader lines_;
    std::uint64_t bad_lines_ = 0;
    std::uint64_t first_bad_ = 0;
};

/// A name that reads like one of the two words that are none keeps its last dot, by which the snapshot knows it.
void append_row(fmt::memory_buffer& rows, const IpAddress& address, const QuerierName& known) {
    const auto row = [&](std::string_view text, std::string_view dot) {
        fmt::format_to(std::back_inserter(rows), "{}\t{}{}\n", address.to_string(), text, dot);
    };
    switch (known.state) {
        case NameState::name:
            return row(known.name, known.name == "NXDOMAIN" || known.name == "UNREACH" ? "." : "");
        case NameState::nxdomain:
            return row("NXDOMAIN", "");
        case NameState::unreach:
            return row("UNREACH", "");
        case NameState::unknown:
            return;
    }
}

/// What was found, by state.
struct Found {
    std::uint64_t names = 0;
    std::uint64_t nxdomain = 0;
    std::uint64_t unreach = 0;
    std::uint64_t unknown = 0;

    void count(NameState state) {
        names += state == NameState::name ? 1 : 0;
        nxdomain += state == NameState::nxdomain ? 1 : 0;
        unreach += state == NameState::unreach ? 1 : 0;
        unknown += state == NameState::unknown ? 1 : 0;
    }
};

void print_rows(const std::vector<IpAddress>& addresses, const std::vector<QuerierName>& names, Found& found) {
    fmt::memory_buffer rows;
    for (std::size_t i = 0; i < addresses.size(); ++i) {
        append_row(rows, addresses[i], names[i]);
        found.count(names[i].state);
    }
    if (std::fwrite(rows.data(), 1, rows.size(), stdout) != rows.size() || std::fflush(stdout) != 0) {
        throw std::runtime_error(fmt::format("standard output: {}", std::generic_category().message(errno)));
    }
}

void say_counts(const Found& found, const NameCounts& counts, const PtrResolver::Counts& resolver, double seconds) {
    say(fmt::format("echotap: {} names, {} NXDOMAIN, {} UNREACH, {} not resolved\n", grouped(found.names),
                    grouped(found.nxdomain), grouped(found.unreach), grouped(found.unknown)));
    say(fmt::format("echotap: known by snapshots {}, by the cache {}, by servers {}\n", grouped(counts.snapshot),
                    grouped(counts.cache), grouped(counts.resolver)));
    if (resolver.questions > 0) {
        say(fmt::format("echotap: {} questions in {:.1f} s, {} of them again\n", grouped(resolver.questions), seconds,
                        grouped(resolver.retries)));
        std::string outcomes;
        for (std::size_t i = 0; i < ptr_outcome_count; ++i) {
            if (resolver.answers[i] > 0) {
                outcomes += fmt::format("{}{} {}", outcomes.empty() ? "" : ", ", ptr_outcome_table[i].name,
                                        grouped(resolver.answers[i]));
            }
        }
        say(fmt::format("echotap: answers: {}\n", outcomes));
    }
}

/// What went wrong, as an exit code, said on standard error.
int say_faults(const ResolveOptions& options, const NameSources& sources, const NameCounts& counts, bool is_whole,
               bool is_stopped) {
    int code = is_whole ? exit_good : exit_incomplete;
    if (is_stopped) {
        say("echotap: stopped by a signal; what was resolved until then is printed\n");
        code = exit_incomplete;
    }
    if (counts.no_server > 0) {
        say(fmt::format(
            "echotap: gave up, since no server does its work ({}): none answers, or may be asked from here, "
            "or reaches the name servers of arpa\n",
            servers_text(options.names.resolver)));
        code = exit_failed;
    }
    if (const std::string fault = sources.cache_fault(); !fault.empty()) {
        say(fmt::format("echotap: {}; later answers are kept in memory only\n", fault));
        code = exit_failed;
    }
    return code;
}

}  // namespace

int run_resolve(const ResolveOptions& options) {
    AddressReader reader(options.path);
    NameSources sources(options.names);
    ProgressBar progress(!options.quiet, " names", 1);
    Stop stop;
    const auto begin = std::chrono::steady_clock::now();
    NameCounts counts;
    Found found;
    std::vector<IpAddress> addresses;
    std::vector<QuerierName> names;
    std::uint64_t done = 0;
    ReadProgress shown;  // what was read ahead is not done
    while (!stop() && counts.no_server == 0) {
        reader.read(addresses);
        if (addresses.empty()) {
            break;
        }
        names.assign(addresses.size(), {});
        const ReadProgress read = reader.progress();
        const std::uint64_t octets_before = shown.octets_read;
        const auto waiting = [&](std::size_t unanswered) {
            const double share = 1 - static_cast<double>(unanswered) / static_cast<double>(addresses.size());
            shown = read;
            shown.octets_read = octets_before + static_cast<std::uint64_t>(
                                                    static_cast<double>(read.octets_read - octets_before) * share);
            progress.update(shown, done + addresses.size() - unanswered);
            return !stop();
        };
        counts += sources.find(addresses, begin + std::chrono::years(100), names, waiting);
        shown = read;
        done += addresses.size();
        progress.clear();
        print_rows(addresses, names, found);
    }
    if (!options.quiet) {
        const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
        say_counts(found, counts, sources.resolver_counts(), seconds);
    }
    const bool is_whole = reader.report();
    return say_faults(options, sources, counts, is_whole, Stop::signalled());
}

}  // namespace echotap
