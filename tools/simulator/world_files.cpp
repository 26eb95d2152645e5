// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/world_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <stdexcept>

#include "dataplane/state/state_query.hpp"
#include "tools/simulator/resolver_names.hpp"
#include "tools/simulator/seeds.hpp"

namespace echotap {

namespace {

/// A file that is written in large pieces.
class TextFile {
public:
    explicit TextFile(const std::string& path) : path_(path), file_(std::fopen(path.c_str(), "wb"), std::fclose) {
        if (!file_) {
            fail();
        }
    }

    template <class... Arguments>
    void print(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
        fmt::format_to(std::back_inserter(text_), format, std::forward<Arguments>(arguments)...);
        if (text_.size() > piece_size) {
            flush();
        }
    }

    void close() {
        flush();
        if (std::fclose(file_.release()) != 0) {
            fail();
        }
    }

private:
    static constexpr std::size_t piece_size = 1U << 18U;

    void flush() {
        if (std::fwrite(text_.data(), 1, text_.size(), file_.get()) != text_.size()) {
            fail();
        }
        text_.clear();
    }

    [[noreturn]] void fail() const {
        throw std::runtime_error(fmt::format("{}: cannot be written: {}", path_, std::strerror(errno)));
    }

    std::string path_;
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
    fmt::memory_buffer text_;
};

}  // namespace

std::string provenance(const World& world, const Networks& networks) {
    const WorldConfig& config = world.config();
    return fmt::format("# simulated by echotap: world {}, parameters {}, seed {}, networks {}\n", config.name,
                       config.hash(), world.seed(), networks.digest());
}

void for_each_name(const World& world, const Networks& networks, const std::function<void(const WorldName&)>& take) {
    if (world.config().traffic.masked) {
        return;
    }
    const ResolverNames names(world.config(), networks, world.population());
    struct Row {
        IpAddress address;
        std::uint32_t querier = 0;
        bool is_stranger = false;
    };
    std::vector<Row> rows;
    for (std::uint32_t querier = 0; querier < world.population().size(); ++querier) {
        if (world.has_asked()[querier]) {
            rows.push_back({world.population().address(querier), querier, false});
        }
    }
    for (const std::uint32_t stranger : world.spoofed()) {
        rows.push_back({v4_address(stranger), stranger, true});
    }
    // A made-up address can be a resolver's: then it has the resolver's name, which comes first.
    std::ranges::sort(rows, [](const Row& one, const Row& other) {
        return std::tie(one.address, one.is_stranger) < std::tie(other.address, other.is_stranger);
    });
    rows.erase(std::unique(rows.begin(), rows.end(),
                           [](const Row& one, const Row& other) { return one.address == other.address; }),
               rows.end());
    for (const Row& row : rows) {
        take({row.address, row.is_stranger ? names.name_of_stranger(row.querier) : names.name(row.querier)});
    }
}

std::vector<WorldLabel> labels_of(const World& world) {
    std::vector<const Originator*> labelled;
    for (const Originator& one : world.cast().originators()) {
        if (one.is_labelled) {
            labelled.push_back(&one);
        }
    }
    std::ranges::sort(labelled, {}, [](const Originator* one) { return one->address; });
    // Whoever errs names another class that there are labels of.
    std::vector<std::uint32_t> classes;
    for (std::uint32_t number = 0; number < world.config().classes.size(); ++number) {
        if (std::ranges::any_of(labelled, [&](const Originator* one) { return one->class_number == number; })) {
            classes.push_back(number);
        }
    }
    Random random = random_of(world.seed(), seeds::label_noise);
    std::vector<WorldLabel> labels;
    for (const Originator* one : labelled) {
        std::uint32_t number = one->class_number;
        if (uniform(random) < world.config().label_noise && classes.size() > 1) {
            const auto own = static_cast<std::size_t>(std::ranges::find(classes, number) - classes.begin());
            number = classes[(own + 1 + random.below(static_cast<std::uint32_t>(classes.size()) - 1)) % classes.size()];
        }
        labels.push_back({one->address, world.config().classes[number].name, world.cast().operator_of(*one)});
    }
    return labels;
}

void write_names(const World& world, const Networks& networks, const std::string& path) {
    TextFile file(path);
    for_each_name(world, networks,
                  [&](const WorldName& one) { file.print("{}\t{}\n", one.address.to_string(), one.name); });
    file.close();
}

void write_labels(const World& world, const Networks& networks, const std::string& path) {
    TextFile file(path);
    file.print("{}originator,class,operator\n", provenance(world, networks));
    for (const WorldLabel& label : labels_of(world)) {
        file.print("{},{},{}\n", label.originator.to_string(), label.class_name, label.operator_name);
    }
    file.close();
}

void write_truth(const World& world, const Networks& networks, const std::string& path) {
    std::vector<World::TruthRow> rows = world.truth();
    const std::vector<Originator>& originators = world.cast().originators();
    std::ranges::sort(rows, {}, [&](const World::TruthRow& row) {
        return std::tuple(row.week, originators[row.originator].address, row.originator);
    });
    TextFile file(path);
    file.print("{}originator,week,class,operator,targets,lookups,queriers,questions,sent,minimised\n",
               provenance(world, networks));
    for (const World::TruthRow& row : rows) {
        const Originator& one = originators[row.originator];
        file.print("{},{},{},{},{:.0f},{:.1f},{},{},{},{}\n", one.address.to_string(), row.week,
                   world.cast().class_of(one), world.cast().operator_of(one), row.counts.targets, row.counts.lookups,
                   row.counts.queriers, row.counts.questions, row.counts.sent, row.counts.minimised);
    }
    file.close();
}

}  // namespace echotap
