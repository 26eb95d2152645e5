// SPDX-License-Identifier: Apache-2.0
// The model that ships with the program: config/models/simulated.model, which tools/make_model makes, as it was when
// the program was built.
#pragma once

#include "analytics/models/model.hpp"

namespace echotap {

/// What the program classifies by where nobody gives it a model. It learnt from simulated traffic; its provenance says
/// so (notice), and every output must repeat that. Decoded anew by each call, which takes some milliseconds.
Model shipped_model();

}  // namespace echotap
