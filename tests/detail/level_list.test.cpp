// SPDX-License-Identifier: MIT
#include <poise/detail/level_list.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "support/random.hpp"

using namespace test;
using poise::detail::level_list;
using poise::detail::membership;

TEST_CASE("level_list has those who are heavy enough, in slot order, at each level") {
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        INFO("seed " << seed);
        random_source random(seed);
        const std::uint32_t heaviest = random.one_in(2) ? 3 : 1000;
        const std::vector<poise::member> all = random_members(random, 20, heaviest);
        const membership members(all, {}, "level_list.test");
        level_list list(members);
        for (int step = 0; step < 50; ++step) {
            const std::uint32_t level = random.below(heaviest + 2);
            list.set(level, members);
            std::size_t i = list.first();
            for (std::size_t expected = 0; expected < all.size(); ++expected) {
                if (all[expected].weight < level) continue;
                REQUIRE(i == expected);
                i = list.behind(i);
            }
            REQUIRE(i == list.end());
        }
        std::uint32_t most = 0;
        for (const poise::member& m : all) most = std::max(most, m.weight);
        if (!all.empty()) REQUIRE(members.weight(list.heaviest()) == most);
    }
}
