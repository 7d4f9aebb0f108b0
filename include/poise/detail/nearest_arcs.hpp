// SPDX-License-Identifier: MIT
// Which hashes are nearest to each point of a ring, found once instead of with each choice.
#ifndef POISE_DETAIL_NEAREST_ARCS_HPP
#define POISE_DETAIL_NEAREST_ARCS_HPP

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace poise::detail {

/// Moves points, each with its hash in the upper half and sorted by it, from where they are to the last hash that is theirs:
/// half the way to the next one, as far from both still being the former's. The first of these ends at or after a hash is
/// then its point's, but for hashes below the one returned: those are the last point's, whose arc goes around.
///
/// Where all points are in one place, the last has what lies ahead, with the place itself, and the first the rest.
[[nodiscard]] constexpr std::uint32_t to_ends_of_arcs(std::vector<std::uint64_t>& points) noexcept {
    if (points.empty()) return 0;
    const auto hash_of = [&points](std::size_t i) {
        return static_cast<std::uint32_t>(points[i] >> 32U);
    };
    const auto move_to = [&points](std::size_t i, std::uint32_t end) {
        points[i] = std::uint64_t{end} << 32U | (points[i] & 0xffffffffU);
    };
    constexpr std::uint32_t half_around = std::uint32_t{1} << 31U;
    const std::size_t last = points.size() - 1;
    const bool in_one_place = hash_of(0) == hash_of(last);
    const std::uint32_t to_first = hash_of(0) - hash_of(last); // all sums are modulo 2^32
    const std::uint32_t end = hash_of(last) + (in_one_place ? half_around : to_first / 2);
    for (std::size_t i = 0; i < last; ++i) {
        move_to(i, in_one_place ? hash_of(last) - 1 : hash_of(i) + (hash_of(i + 1) - hash_of(i)) / 2);
    }
    const bool goes_around = last == 0 || end < hash_of(last - 1);
    move_to(last, goes_around ? std::numeric_limits<std::uint32_t>::max() : end);
    return goes_around ? end + 1 : 0;
}

} // namespace poise::detail

#endif
