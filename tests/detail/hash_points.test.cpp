// SPDX-License-Identifier: MIT
#include <poise/detail/hash_points.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "support/random.hpp"

using namespace test;
using poise::slot;
using poise::detail::hash_points;

TEST_CASE("hash_points finds what binary search finds, however the hashes lie") {
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        INFO("seed " << seed);
        random_source random(seed);
        const std::uint32_t most = random.one_in(2)   ? 0xffffffffU
                                   : random.one_in(2) ? 1000
                                                      : 3; // spread, crowded, equal
        const std::uint32_t least = random.one_in(2) ? 0 : 0xffffffffU - most;
        std::vector<std::uint64_t> points(random.below(200));
        for (std::uint64_t& p : points) p = std::uint64_t{least + random.below(most)} << 32U | random.below(7);
        if (random.one_in(2)) points.insert(points.end(), {std::uint64_t{0xffffffffU} << 32U | 5, 4});
        std::ranges::sort(points);
        const hash_points found(points);
        REQUIRE(found.size() == points.size());
        std::vector<std::uint32_t> wanted{0, 1, 0xffffffffU, 0x80000000U};
        for (int i = 0; i < 50; ++i) wanted.push_back(least + random.below(most));
        for (const std::uint64_t p : points) wanted.push_back(static_cast<std::uint32_t>(p >> 32U));
        for (const std::uint32_t hash : wanted) {
            const auto expected = std::ranges::lower_bound(points, hash, {}, [](std::uint64_t p) { return p >> 32U; });
            REQUIRE(found.lower_bound(hash) == static_cast<std::size_t>(expected - points.begin()));
        }
        for (std::size_t i = 0; i < points.size(); ++i) {
            REQUIRE(found.hash(i) == points[i] >> 32U);
            REQUIRE(found[i] == static_cast<slot>(points[i] & 0xffffffffU));
        }
    }
    CHECK(hash_points().lower_bound(7) == 0);
}
