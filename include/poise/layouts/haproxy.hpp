// SPDX-License-Identifier: MIT
// The ring of HAProxy's `hash-type consistent`: 16 points for each unit of weight, and the nearest of them wins.
#ifndef POISE_LAYOUTS_HAPROXY_HPP
#define POISE_LAYOUTS_HAPROXY_HPP

#include <cstdint>
#include <span>

#include <poise/hashes/avalanche.hpp>
#include <poise/selectors/hash_ring.hpp>

namespace poise {

/// HAProxy's points, with its default `hash-key id`: a member's id is the server's, 1, 2, ... in their order. Only the
/// lower 20 bits of an id count. Who shares them shares all points: a key goes to the lower id where a point lies
/// ahead, to the higher where it lies behind; HAProxy orders such servers as its configuration does.
///
/// HAProxy takes a server that is down out of the ring: weight 0 does that here.
/// Source: HAProxy, src/lb_chash.c.
struct haproxy_layout {
    static constexpr std::uint32_t points_per_weight = 16;
    static constexpr std::uint32_t max_weight = 256; // a member has 4096 points, then the next one's begin
    static constexpr ring_lookup lookup = ring_lookup::nearest;

    static constexpr void place(std::uint64_t id, std::span<std::uint32_t> points) noexcept {
        std::uint32_t number = static_cast<std::uint32_t>(id) * (points_per_weight * max_weight);
        for (std::uint32_t& point : points) point = hashes::avalanche(number++);
    }
};

/// HAProxy's `hash-type consistent`: the key is a 32-bit hash of the request's, by default sdbm with avalanche.
using haproxy_ring = hash_ring<haproxy_layout>;

static_assert(keyed_selector<haproxy_ring> && shareable_selector<haproxy_ring>);

} // namespace poise

#endif
