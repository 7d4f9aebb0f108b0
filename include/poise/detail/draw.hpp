// SPDX-License-Identifier: MIT
// Bounded draws: our own, because the standard distributions differ between libraries.
#ifndef POISE_DETAIL_DRAW_HPP
#define POISE_DETAIL_DRAW_HPP

#include <cstdint>

#include <poise/detail/wide_multiply.hpp>
#include <poise/random.hpp>

namespace poise::detail {

/// A number below `bound`, which is above 0; each equally likely. One multiplication; a division once in
/// 2^64 / bound draws.
/// Source: D. Lemire, "Fast random integer generation in an interval", ACM TOMACS 29 (2019).
template <random_engine Engine>
[[nodiscard]] constexpr std::uint64_t draw(Engine& engine, std::uint64_t bound) noexcept {
    wide product = wide_multiply(engine(), bound);
    if (product.low < bound) {
        const std::uint64_t uneven = (0 - bound) % bound;
        while (product.low < uneven) product = wide_multiply(engine(), bound);
    }
    return product.high;
}

/// An engine of the seed for the worker with this number: no two are alike.
template <random_engine Engine>
[[nodiscard]] constexpr Engine worker_engine(std::uint64_t seed, std::uint64_t number) noexcept {
    return Engine(splitmix64(seed ^ splitmix64(number)())());
}

} // namespace poise::detail

#endif
