// SPDX-License-Identifier: MIT
// HAProxy's server map: who has which position of the table that its map-based hashes and static-rr go by.
#ifndef POISE_DETAIL_HAPROXY_MAP_HPP
#define POISE_DETAIL_HAPROXY_MAP_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

#include <poise/detail/membership.hpp>

namespace poise::detail {

/// The positions, members taken in the order of their ids: a a a b a a c for 5, 1, 1.
///
/// HAProxy raises every member's score by its weight with each position, gives the position to who has the most whole
/// rounds, the first among equals, and takes a round from it; a round is the size of the table. So at position t, from
/// 1 on, a member of weight w that has k positions stands at 1 + t w / size - k, rounded down. Standings are few and
/// change by one, at times that are known, which makes it O(positions log members) instead of their product.
/// Weights are divided by `divisor`, or, when that is 0, by their greatest common divisor. Throws std::invalid_argument
/// in the name of `who` on a weight that it does not divide, or when there would be more than `most` positions.
/// Source: HAProxy, src/lb_map.c.
[[nodiscard]] constexpr std::vector<slot> haproxy_map(const membership& members, std::uint32_t divisor,
                                                      std::uint64_t most, std::string_view who) {
    std::uint32_t common = 0;
    std::uint64_t sum = 0;
    for (const member& m : members.members()) {
        common = std::gcd(common, m.weight);
        sum += m.weight;
        if (divisor == 0 || m.weight % divisor == 0) continue;
        invalid(who, "weight", m.weight, "a multiple of the divisor " + std::to_string(divisor));
    }
    if (sum == 0) return {};
    if (divisor == 0) divisor = common;
    const std::uint64_t size = sum / divisor;
    if (size > most) {
        invalid(who, "number of positions", size,
                "the sum of the weights, divided by their greatest common divisor, at most 16777216");
    }

    struct candidate {
        slot where;
        std::uint64_t weight;
        std::size_t standing = 1;
        std::uint64_t rises = 0; // how many there were
    };
    struct rise {
        std::uint64_t time;
        std::size_t whose;
    };
    const auto later = [](const rise& a, const rise& b) {
        return a.time > b.time;
    };
    const auto behind = [](std::size_t a, std::size_t b) {
        return a > b;
    };
    std::vector<candidate> candidates;
    for (std::size_t i = 0; i < members.size(); ++i) {
        const slot where = members.in_id_order(i);
        const std::uint32_t weight = members.weight(index_of(where));
        if (weight > 0) candidates.push_back({.where = where, .weight = weight / divisor});
    }
    std::vector<rise> rises;                            // the next of each candidate: a heap, the soonest first
    std::vector<std::vector<std::size_t>> standings(3); // who has which: heaps, the first candidate first
    const auto await_rise = [&](std::size_t whose) {
        const candidate& c = candidates[whose];
        rises.push_back({.time = ((c.rises + 1) * size + c.weight - 1) / c.weight, .whose = whose});
        std::ranges::push_heap(rises, later);
    };
    const auto enter = [&](std::size_t whose) {
        const std::size_t standing = candidates[whose].standing;
        if (standing >= standings.size()) standings.resize(standing + 1);
        standings[standing].push_back(whose);
        std::ranges::push_heap(standings[standing], behind);
    };
    for (std::size_t i = 0; i < candidates.size(); ++i) {
        enter(i);
        await_rise(i);
    }

    std::vector<slot> table;
    table.reserve(static_cast<std::size_t>(size));
    for (std::uint64_t time = 1; time <= size; ++time) {
        while (rises.front().time <= time) {
            const std::size_t whose = rises.front().whose;
            std::ranges::pop_heap(rises, later);
            rises.pop_back();
            ++candidates[whose].standing;
            ++candidates[whose].rises;
            enter(whose);
            await_rise(whose);
        }
        for (std::size_t standing = standings.size(); standing-- > 0;) {
            auto& heap = standings[standing];
            while (!heap.empty() && candidates[heap.front()].standing != standing) { // has moved on since
                std::ranges::pop_heap(heap, behind);
                heap.pop_back();
            }
            if (heap.empty()) continue;
            const std::size_t chosen = heap.front();
            table.push_back(candidates[chosen].where);
            --candidates[chosen].standing;
            enter(chosen);
            break;
        }
    }
    return table;
}

} // namespace poise::detail

#endif
