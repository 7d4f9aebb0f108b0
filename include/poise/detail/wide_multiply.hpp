// SPDX-License-Identifier: MIT
// The whole product of two 64-bit numbers.
#ifndef POISE_DETAIL_WIDE_MULTIPLY_HPP
#define POISE_DETAIL_WIDE_MULTIPLY_HPP

#include <cstdint>

namespace poise::detail {

/// 128 bits.
struct wide {
    std::uint64_t high;
    std::uint64_t low;

    friend constexpr bool operator==(const wide&, const wide&) = default;
};

/// By four products of 32-bit halves: for compilers without a 128-bit integer.
[[nodiscard]] constexpr wide wide_multiply_portable(std::uint64_t a, std::uint64_t b) noexcept {
    constexpr std::uint64_t half = 0xffffffffU;
    const std::uint64_t low = (a & half) * (b & half);
    // Neither sum overflows: (2^32 - 1)^2 + 2 (2^32 - 1) = 2^64 - 1.
    const std::uint64_t first = (a >> 32U) * (b & half) + (low >> 32U);
    const std::uint64_t second = (a & half) * (b >> 32U) + (first & half);
    return {.high = (a >> 32U) * (b >> 32U) + (first >> 32U) + (second >> 32U), .low = (second << 32U) | (low & half)};
}

#if defined(__SIZEOF_INT128__)
[[nodiscard]] constexpr wide wide_multiply(std::uint64_t a, std::uint64_t b) noexcept {
    __extension__ using uint128 = unsigned __int128;
    const uint128 product = static_cast<uint128>(a) * b;
    return {.high = static_cast<std::uint64_t>(product >> 64U), .low = static_cast<std::uint64_t>(product)};
}
#else
[[nodiscard]] constexpr wide wide_multiply(std::uint64_t a, std::uint64_t b) noexcept {
    return wide_multiply_portable(a, b);
}
#endif

} // namespace poise::detail

#endif
