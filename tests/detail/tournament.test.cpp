// SPDX-License-Identifier: MIT
#include <poise/detail/tournament.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "support/random.hpp"

using namespace test;
using poise::detail::tournament;

TEST_CASE("tournament: the winner is who beats all others, whoever comes, changes or leaves") {
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        INFO("seed " << seed);
        random_source random(seed);
        const std::uint32_t leaves = random.between(1, 30);
        std::vector<std::uint32_t> strength(leaves, 0);
        std::vector<bool> here(leaves, false);
        const auto beats = [&strength](std::uint32_t a, std::uint32_t b) {
            return strength[a] != strength[b] ? strength[a] > strength[b] : a < b;
        };
        std::vector<std::uint32_t> nodes(2 * leaves, tournament::nobody);
        for (std::uint32_t i = 0; i < leaves; ++i) {
            here[i] = random.one_in(2);
            if (here[i]) tournament(nodes).seed(i, i);
        }
        tournament(nodes).play(beats);
        for (int step = 0; step < 200; ++step) {
            std::uint32_t expected = tournament::nobody;
            for (std::uint32_t i = 0; i < leaves; ++i) {
                if (here[i] && (expected == tournament::nobody || beats(i, expected))) expected = i;
            }
            REQUIRE(tournament(nodes).winner() == expected);
            const std::uint32_t who = random.below(leaves);
            here[who] = !random.one_in(3);
            strength[who] = random.below(5);
            tournament(nodes).place(who, here[who] ? who : tournament::nobody, beats);
        }
    }
}
