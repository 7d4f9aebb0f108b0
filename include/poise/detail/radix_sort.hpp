// SPDX-License-Identifier: MIT
// Sorting numbers by their upper halves without comparing them.
#ifndef POISE_DETAIL_RADIX_SORT_HPP
#define POISE_DETAIL_RADIX_SORT_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace poise::detail {

/// Sorts by the upper 32 bits; equal ones stay in their order. O(numbers) for each 8 bits in which those differ; takes
/// as much memory again meanwhile.
constexpr void radix_sort_by_upper_half(std::vector<std::uint64_t>& numbers) {
    std::uint64_t ones = 0;
    std::uint64_t zeros = 0;
    for (const std::uint64_t n : numbers) {
        ones |= n;
        zeros |= ~n;
    }
    const auto differ = static_cast<std::uint32_t>((ones & zeros) >> 32U);
    std::vector<std::uint64_t> sorted;
    sorted.resize(differ == 0 ? 0 : numbers.size(), 0);
    for (unsigned shift = 32; shift < 64; shift += 8) {
        if ((differ >> (shift - 32) & 0xffU) == 0) continue;
        std::array<std::size_t, 256> place{};
        for (const std::uint64_t n : numbers) ++place[n >> shift & 0xffU];
        std::size_t before = 0;
        for (std::size_t& p : place) p = std::exchange(before, before + p);
        for (const std::uint64_t n : numbers) sorted[place[n >> shift & 0xffU]++] = n;
        numbers.swap(sorted);
    }
}

} // namespace poise::detail

#endif
