// SPDX-License-Identifier: MIT
// A ring layout of your own: where a member's points are, and which of them a key goes to. Here each member has 100
// points for each unit of weight, from a generator that its id seeds.
#include <cstdint>
#include <iostream>
#include <span>
#include <string>
#include <vector>

#include <poise/hashes/hashed.hpp>
#include <poise/random.hpp>
#include <poise/selectors/hash_ring.hpp>

struct seeded_layout {
    static constexpr std::uint32_t points_per_weight = 100;
    static constexpr poise::ring_lookup lookup = poise::ring_lookup::clockwise;

    static constexpr void place(std::uint64_t id, std::span<std::uint32_t> points) noexcept {
        poise::splitmix64 numbers(id);
        for (std::uint32_t& point : points) point = static_cast<std::uint32_t>(numbers() >> 32U);
    }
};

using seeded_ring = poise::hash_ring<seeded_layout>;
static_assert(poise::keyed_selector<seeded_ring> && poise::shareable_selector<seeded_ring>);

// The id of the cache that keeps each of the keys.
static std::vector<std::uint64_t> places(const seeded_ring& ring) {
    std::vector<std::uint64_t> result;
    for (int i = 0; i < 10'000; ++i) {
        const auto chosen = ring.select(poise::hashed("user" + std::to_string(i)));
        result.push_back(ring.members()[static_cast<std::size_t>(*chosen)].id);
    }
    return result;
}

int main() {
    std::vector<poise::member> caches{{101, 1}, {102, 1}, {103, 2}};
    seeded_ring ring;
    ring.assign(caches);
    const auto before = places(ring);
    caches.pop_back();
    ring.assign(caches);
    const auto after = places(ring);

    int moved = 0;
    int needlessly = 0;
    for (std::size_t i = 0; i < before.size(); ++i) {
        if (before[i] == after[i]) continue;
        ++moved;
        if (before[i] != 103) ++needlessly;
    }
    std::cout << "cache 103 left: " << moved << " of " << before.size() << " keys moved, " << needlessly
              << " of them needlessly\n";
    return needlessly;
}
