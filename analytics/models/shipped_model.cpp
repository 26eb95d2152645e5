// SPDX-License-Identifier: Apache-2.0
#include "analytics/models/shipped_model.hpp"

#include <cstddef>
#include <cstdint>

#include "analytics/models/model_file.hpp"

namespace echotap {

// Written by embed_octets.py.
extern const char* const simulated_model_octets;
extern const std::size_t simulated_model_octets_size;

Model shipped_model() {
    return decode_model({reinterpret_cast<const std::uint8_t*>(simulated_model_octets), simulated_model_octets_size},
                        "the model that ships with the program");
}

}  // namespace echotap
