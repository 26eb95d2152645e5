// SPDX-License-Identifier: Apache-2.0
#include "dataplane/state/team_checkpoint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "dataplane/state/whole_file.hpp"

namespace echotap {

namespace {

/// The image of a filter in pieces of this size: memory stays small, and what nobody has asked is left out.
constexpr std::size_t piece_octets = std::size_t{1} << 20U;

void add_filter(CheckpointWriter& writer, std::uint64_t offset, std::span<const std::byte> image) {
    while (!image.empty()) {
        const auto piece = image.first(std::min(image.size(), piece_octets));
        if (std::ranges::any_of(piece, [](std::byte octet) { return octet != std::byte{0}; })) {
            writer.add_filter(offset, piece);
        }
        offset += piece.size();
        image = image.subspan(piece.size());
    }
}

}  // namespace

void write_checkpoint(WindowTeam& team, const RunSettings& settings, const std::vector<SourceDigest>& sources,
                      const std::string& path) {
    WholeFile file(path);
    CheckpointWriter writer([&](Octets octets) { file.write(octets); }, {.settings = settings,
                                                                         .sources = sources,
                                                                         .table_key = team.table_key(),
                                                                         .filter_octets = team.filter_octets(),
                                                                         .books = team.books()});
    team.for_each_filter(
        [&](std::uint64_t offset, std::span<const std::byte> image) { add_filter(writer, offset, image); });
    team.for_each_snapshot([&](const WindowKey& key, const ClosedWindow& window) { writer.add_window(key, window); });
    writer.finish();
    file.commit();
}

std::optional<Checkpoint> find_checkpoint(const std::string& path, const RunSettings& settings,
                                          const std::vector<SourceDigest>& sources) {
    if (!std::filesystem::exists(path)) {
        return std::nullopt;
    }
    Checkpoint checkpoint = read_checkpoint(path);
    if (const std::string what = differences(checkpoint.head.settings, settings); !what.empty()) {
        throw CheckpointError(
            fmt::format("{}: made with other settings ({}): run with those, or remove the checkpoint "
                        "to begin anew",
                        path, what));
    }
    if (checkpoint.head.sources != sources) {
        throw CheckpointError(
            fmt::format("{}: made of other captures: give those, or remove the checkpoint to begin "
                        "anew",
                        path));
    }
    return checkpoint;
}

}  // namespace echotap
