// SPDX-License-Identifier: Apache-2.0
// A model as one file: all that it needs and where it comes from.
//
// "ECHOTAPM"; the format's version (u64); a part (image_parts.hpp) that is a head in JSON; how many octets the rest has
// when unpacked (u64); the rest as a part that is one zstd frame: the classifier and what it knows of the unknown, a
// part each; XXH3-128 of all before. Numbers are little endian. A file that was cut or damaged is refused, and so
// is one whose features are not this program's: name, unit and formula of each must be the same, since a number that
// is computed in another way means something else. The head can be read with any tool (docs/models.md).
//
// The checksum is no signature. A model decides what the program says, so take models only from those you trust.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "analytics/models/model.hpp"

namespace echotap {

/// The same model gives the same octets.
std::vector<std::uint8_t> encode_model(const Model& model);

/// Throws std::runtime_error that begins with `name` and says what does not fit and what to do.
Model decode_model(std::span<const std::uint8_t> octets, const std::string& name);

/// Under `path` there is the old file or the whole new one. Throws std::system_error.
void write_model(const Model& model, const std::string& path);

/// Throws std::system_error where the file cannot be read, else as decode_model().
Model read_model(const std::string& path);

}  // namespace echotap
