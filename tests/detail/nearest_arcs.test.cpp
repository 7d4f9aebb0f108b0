// SPDX-License-Identifier: MIT
// The ends of arcs against what HAProxy asks: whether the point before is as near as the one at or after.
#include <poise/detail/nearest_arcs.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "support/random.hpp"

using namespace test;
using poise::detail::to_ends_of_arcs;

namespace {

using points = std::vector<std::uint64_t>;

std::uint32_t hash_of(std::uint64_t point) {
    return static_cast<std::uint32_t>(point >> 32U);
}

std::size_t by_distance(const points& all, std::uint32_t hash) {
    const auto ahead = std::ranges::lower_bound(all, hash, {}, hash_of);
    const auto next = static_cast<std::size_t>(ahead == all.end() ? 0 : ahead - all.begin());
    const std::size_t before = next == 0 ? all.size() - 1 : next - 1;
    return hash - hash_of(all[before]) <= hash_of(all[next]) - hash ? before : next;
}

std::size_t by_arcs(const points& ends, std::uint32_t around, std::uint32_t hash) {
    if (hash < around) return ends.size() - 1;
    const auto found = std::ranges::lower_bound(ends, hash, {}, hash_of);
    return found == ends.end() ? 0 : static_cast<std::size_t>(found - ends.begin());
}

} // namespace

TEST_CASE("nearest_arcs: what is nearest, for points anywhere, crowded and in one place") {
    for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
        INFO("seed " << seed);
        random_source random(seed);
        const std::uint32_t spread = random.one_in(3) ? 0xffffffffU : random.below(12);
        const std::uint32_t shift = random.one_in(3) ? 0 : random.below(0xffffffffU) - 6;
        points all(random.between(1, random.one_in(2) ? 3 : 20));
        for (std::uint64_t& point : all) point = std::uint64_t{random.below(spread) + shift} << 32U;
        std::ranges::sort(all, {}, hash_of);
        for (std::size_t i = 0; i < all.size(); ++i) all[i] |= i;
        points ends = all;
        const std::uint32_t around = to_ends_of_arcs(ends);
        REQUIRE(std::ranges::is_sorted(ends, {}, hash_of));
        std::vector<std::uint32_t> keys{0, 0xffffffffU};
        for (const std::uint64_t point : all) {
            for (std::uint32_t near = 0; near < 16; ++near) keys.push_back(hash_of(point) - 8 + near);
            for (std::uint32_t near = 0; near < 4; ++near) keys.push_back(hash_of(point) + 0x7ffffffeU + near);
        }
        for (const std::uint64_t end : ends) {
            for (std::uint32_t near = 0; near < 4; ++near) keys.push_back(hash_of(end) - 2 + near);
        }
        for (const std::uint32_t key : keys) {
            INFO("key " << key);
            REQUIRE(by_arcs(ends, around, key) == by_distance(all, key));
        }
        for (std::size_t i = 0; i < all.size(); ++i) REQUIRE((ends[i] & 0xffffffffU) == i);
    }
}

TEST_CASE("nearest_arcs: no points") {
    points none;
    CHECK(to_ends_of_arcs(none) == 0);
}
