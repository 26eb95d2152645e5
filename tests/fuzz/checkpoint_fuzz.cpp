// SPDX-License-Identifier: Apache-2.0
// Any octets as a checkpoint; as its sections, with sizes and a checksum that are right; and as a head, of which what
// is accepted must be the octets that it is written as.
#include <algorithm>
#include <cstdlib>

#include "dataplane/capture/compression.hpp"
#include "dataplane/state/checkpoint.hpp"

namespace {

using namespace echotap;

constexpr std::uint64_t octets_max = std::uint64_t{1} << 20U;

void append_u64(std::vector<std::uint8_t>& file, std::uint64_t value) {
    for (unsigned i = 0; i < 8; ++i) {
        file.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
    }
}

/// A file around sections: each is two octets of size, the lower first, and so many of its own.
std::vector<std::uint8_t> seal(Octets sections) {
    std::vector<std::uint8_t> file{'E', 'C', 'H', 'O', 'T', 'A', 'P', 'C', 1, 0, 0, 0, 0, 0, 0, 0};
    while (sections.size() > 2) {
        const std::size_t size =
            std::min<std::size_t>(sections[0] + std::size_t{256} * sections[1], sections.size() - 2);
        const std::vector<std::uint8_t> packed = pack_zstd(sections.subspan(2, size));
        append_u64(file, packed.size());
        append_u64(file, size);
        file.insert(file.end(), packed.begin(), packed.end());
        sections = sections.subspan(2 + size);
    }
    append_u64(file, 0);
    append_u64(file, 0);
    const ChecksumOctets sum = checksum(file);
    file.insert(file.end(), sum.begin(), sum.end());
    return file;
}

void read(Octets file) {
    try {
        const Checkpoint checkpoint = decode_checkpoint(file, "input", octets_max);
        std::vector<std::uint8_t> written;
        CheckpointWriter writer([&](Octets octets) { written.insert(written.end(), octets.begin(), octets.end()); },
                                checkpoint.head);
        writer.add_filter(0, checkpoint.filter);
        for (const CheckpointWindow& window : checkpoint.windows) {
            writer.add_window(window.key, window.window);
        }
        writer.finish();
        const Checkpoint again = decode_checkpoint(written, "written", 4 * octets_max);
        if (again.filter != checkpoint.filter || again.windows.size() != checkpoint.windows.size() ||
            !std::ranges::equal(again.windows, checkpoint.windows, {}, &CheckpointWindow::window,
                                &CheckpointWindow::window)) {
            std::abort();
        }
    } catch (const CheckpointError&) {
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
    const std::vector<std::uint8_t> octets(input, input + size);
    read(octets);
    read(seal(octets));
    try {
        VarintReader from(octets);
        const CheckpointHead head = read_checkpoint_head(from);
        VarintWriter to;
        write_checkpoint_head(to, head);
        if (!std::ranges::equal(to.take(), Octets(octets).first(size - from.left()))) {
            std::abort();
        }
    } catch (const VarintError&) {
    }
    return 0;
}
