// SPDX-License-Identifier: Apache-2.0
// The octets of a MaxMind DB file go in; out comes what its tree leads to, or a refusal that says what is wrong where.
//
// Format: MaxMind DB File Format Specification 2.0 (maxmind.github.io/MaxMind-DB). libmaxminddb trusts much of what it
// reads, and releases before 1.13 (Debian 12 has 1.7.1) can be made to read outside of a file or to recurse without end
// by a crafted one. So a file is looked through once, whole, before the library sees it: every record of the tree
// leads to a node, to nothing or to a value; no path is longer than an address; every value that can be reached is
// whole.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "dataplane/octets.hpp"

namespace echotap {

/// What is wrong, as a predicate to be put behind the name of the file: "has a search tree that ...".
struct MmdbFault : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// What of a file is needed to read on.
struct MmdbOutline {
    std::uint32_t node_count = 0;
    unsigned record_size = 0;  // bits: 24, 28 or 32
    unsigned ip_version = 0;   // 4 or 6
    std::uint64_t build_epoch = 0;
    std::string database_type;           // as it stands there, at most 256 octets of it
    std::vector<std::uint32_t> records;  // offsets in the data section that the tree leads to, ascending, distinct
};

/// Looks through all of a file. Throws MmdbFault where it is none or is damaged. Takes about 20 ns per node and value;
/// memory is a quarter of the file's octets, whatever the file says.
MmdbOutline check_mmdb(Octets file);

}  // namespace echotap
