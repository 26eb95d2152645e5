// SPDX-License-Identifier: Apache-2.0
// Linear discriminant analysis as it is written in books: the log density of each class's normal distribution, with the
// covariance that the classes have in common and `ridge` on its diagonal, by Gaussian elimination. Slow and obvious;
// for values that are on their scale already.
#pragma once

#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

namespace echotap::reference {

using Row = std::vector<double>;

/// Solves square * x = right, with pivots.
inline Row solve(std::vector<Row> square, Row right) {
    const std::size_t size = right.size();
    for (std::size_t i = 0; i < size; ++i) {
        std::size_t pivot = i;
        for (std::size_t j = i + 1; j < size; ++j) {
            pivot = std::abs(square[j][i]) > std::abs(square[pivot][i]) ? j : pivot;
        }
        std::swap(square[i], square[pivot]);
        std::swap(right[i], right[pivot]);
        for (std::size_t j = i + 1; j < size; ++j) {
            const double factor = square[j][i] / square[i][i];
            for (std::size_t k = i; k < size; ++k) {
                square[j][k] -= factor * square[i][k];
            }
            right[j] -= factor * right[i];
        }
    }
    for (std::size_t i = size; i-- > 0;) {
        for (std::size_t k = i + 1; k < size; ++k) {
            right[i] -= square[i][k] * right[k];
        }
        right[i] /= square[i][i];
    }
    return right;
}

/// Probabilities of `asked` by class; every class has rows.
inline Row discriminant(const std::vector<Row>& rows, const std::vector<std::size_t>& classes, std::size_t class_count,
                        double ridge, const Row& asked) {
    const std::size_t columns = asked.size();
    std::vector<Row> means(class_count, Row(columns));
    Row counts(class_count);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        counts[classes[i]] += 1;
        for (std::size_t j = 0; j < columns; ++j) {
            means[classes[i]][j] += rows[i][j];
        }
    }
    for (std::size_t one = 0; one < class_count; ++one) {
        for (double& mean : means[one]) {
            mean /= counts[one];
        }
    }
    std::vector<Row> covariance(columns, Row(columns));
    for (std::size_t i = 0; i < rows.size(); ++i) {
        for (std::size_t j = 0; j < columns; ++j) {
            for (std::size_t k = 0; k < columns; ++k) {
                covariance[j][k] += (rows[i][j] - means[classes[i]][j]) * (rows[i][k] - means[classes[i]][k]) /
                                    static_cast<double>(rows.size() - class_count);
            }
        }
    }
    for (std::size_t j = 0; j < columns; ++j) {
        covariance[j][j] += ridge;
    }
    Row answers;
    double sum = 0;
    for (const Row& mean : means) {
        Row apart(columns);
        for (std::size_t j = 0; j < columns; ++j) {
            apart[j] = asked[j] - mean[j];
        }
        const Row solved = solve(covariance, apart);
        double square = 0;
        for (std::size_t j = 0; j < columns; ++j) {
            square += apart[j] * solved[j];
        }
        answers.push_back(std::exp(-square / 2));
        sum += answers.back();
    }
    for (double& answer : answers) {
        answer /= sum;
    }
    return answers;
}

}  // namespace echotap::reference
