// SPDX-License-Identifier: MIT
// Whether counts agree with the shares that they should have.
#ifndef POISE_TESTS_SUPPORT_STATISTICS_HPP
#define POISE_TESTS_SUPPORT_STATISTICS_HPP

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>

namespace test {

/// What chi-square passes by chance once in a million samples, by the approximation of Wilson and Hilferty, which is
/// exact to 1 % from 3 degrees of freedom on, and 15 % too large for 1.
inline double chi_square_limit(std::size_t degrees_of_freedom) {
    constexpr double normal_quantile = 4.753424; // of 1 - 1e-6
    const auto degrees = static_cast<double>(degrees_of_freedom);
    const double variance = 2 / (9 * degrees);
    const double root = 1 - variance + normal_quantile * std::sqrt(variance);
    return degrees * root * root * root;
}

/// Whether chance explains how `counts` differ from `shares`, which need not sum to 1. Who has no share must have no
/// count.
inline bool agree(std::span<const std::uint64_t> counts, std::span<const double> shares) {
    const auto all = static_cast<double>(std::accumulate(counts.begin(), counts.end(), std::uint64_t{0}));
    const double whole = std::accumulate(shares.begin(), shares.end(), 0.0);
    double chi_square = 0;
    std::size_t cells = 0;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        if (shares[i] == 0 && counts[i] != 0) return false;
        if (shares[i] == 0) continue;
        const double expected = all * shares[i] / whole;
        const double difference = static_cast<double>(counts[i]) - expected;
        chi_square += difference * difference / expected;
        ++cells;
    }
    return cells < 2 || chi_square <= chi_square_limit(cells - 1);
}

} // namespace test

#endif
