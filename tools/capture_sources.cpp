// SPDX-License-Identifier: Apache-2.0
#include "tools/capture_sources.hpp"

#include <algorithm>

namespace echotap {

std::vector<SourceDigest> capture_digests(const std::vector<CapturePath>& captures) {
    std::vector<SourceDigest> sources;
    for (const CapturePath& capture : captures) {
        if (capture.is_regular) {
            sources.push_back(SourceDigest::of_file(capture.path));
        }
    }
    std::ranges::sort(sources);
    sources.erase(std::unique(sources.begin(), sources.end()), sources.end());
    return sources;
}

void note_captures(WindowHeader& header, const std::vector<SourceDigest>& sources, bool is_cut) {
    header.sources = sources;
    if (is_cut) {
        header.add_gap(Gap::capture_cut);
        header.completeness = Completeness::no;
    } else if (header.completeness != Completeness::no) {
        header.add_gap(Gap::source_unknown);
    }
}

}  // namespace echotap
