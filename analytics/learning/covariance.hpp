// SPDX-License-Identifier: Apache-2.0
// Means and covariances of samples, and what is solved with them: rows go in, squares of numbers come out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "analytics/learning/samples.hpp"

namespace echotap {

using Square = std::vector<double>;  // row by row

/// Of these rows, by column; at least one row.
std::vector<float> mean_of(const Samples& samples, std::span<const std::uint32_t> rows);

/// Adds the products of the rows' differences from `mean`; to the lower half only.
void add_scatter(Square& scatter, const Samples& samples, std::span<const std::uint32_t> rows,
                 std::span<const float> mean);

/// The lower factor L of L L' = square, in place; only the lower half is read. A square that is not positive definite
/// is taken for the nearest one that is.
void cholesky(Square& square, std::size_t columns);

/// The inverse of a lower triangle.
Square inverse(const Square& lower, std::size_t columns);

}  // namespace echotap
