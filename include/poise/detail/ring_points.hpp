// SPDX-License-Identifier: MIT
// The points that a layout gives the members of a ring.
#ifndef POISE_DETAIL_RING_POINTS_HPP
#define POISE_DETAIL_RING_POINTS_HPP

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <poise/detail/membership.hpp>
#include <poise/detail/radix_sort.hpp>
#include <poise/layouts/ring_layout.hpp>

namespace poise::detail {

inline constexpr std::uint64_t most_ring_points = std::uint64_t{1} << 26U;

/// All points, sorted: the hash in the upper half, whose it is in the order of ids in the lower. Throws
/// std::invalid_argument in the name of `who` on a weight that the layout has no points for, or too many points.
template <ring_layout Layout>
[[nodiscard]] constexpr std::vector<std::uint64_t> ring_points(const Layout& layout, const membership& members,
                                                               std::string_view who) {
    std::uint64_t count = 0;
    for (const member& m : members.members()) {
        if constexpr (requires { Layout::max_weight; }) {
            if (m.weight > Layout::max_weight) {
                invalid(who, "weight", m.weight, "at most " + std::to_string(Layout::max_weight));
            }
        }
        const std::uint64_t more = std::uint64_t{m.weight} * Layout::points_per_weight;
        constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
        count = more > most - count ? most : count + more;
    }
    if (count > most_ring_points) invalid(who, "number of points", count, "at most 67108864");
    std::vector<std::uint64_t> points;
    points.reserve(static_cast<std::size_t>(count));
    std::vector<std::uint32_t> own;
    for (std::size_t i = 0; i < members.size(); ++i) {
        const auto index = index_of(members.in_id_order(i));
        own.resize(std::size_t{members.weight(index)} * Layout::points_per_weight, 0);
        layout.place(members.members()[index].id, std::span<std::uint32_t>(own));
        for (const std::uint32_t hash : own) points.push_back(std::uint64_t{hash} << 32U | i);
    }
    radix_sort_by_upper_half(points); // where hashes are equal, the order of ids stays
    return points;
}

} // namespace poise::detail

#endif
