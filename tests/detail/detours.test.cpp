// SPDX-License-Identifier: MIT
// Detours lead where a walk around the table would.
#include <poise/detail/detours.hpp>

#include <catch2/catch_test_macros.hpp>

#include <vector>

#include "support/random.hpp"

using namespace test;
using poise::member;
using poise::slot;
using poise::detail::circle;
using poise::detail::detours;
using poise::detail::index_of;
using poise::detail::membership;
using poise::detail::nobody;

TEST_CASE("detours: every position leads to the next member around the table that may be chosen") {
    for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
        INFO("seed " << seed);
        random_source random(seed);
        std::vector<member> all;
        for (std::uint32_t i = random.between(1, 9); i > 0; --i) all.push_back({.id = i, .weight = 1});
        membership members(all, {}, "test");
        std::vector<slot> slots(random.below(40));
        for (slot& s : slots) s = static_cast<slot>(random.below(static_cast<std::uint32_t>(all.size())));
        const circle table(slots, all.size());
        detours ends(table, members);
        for (int event = 0; event < 20; ++event) {
            for (std::size_t from = 0; from < slots.size(); ++from) {
                const auto open = [&members](std::size_t i) {
                    return members.is_open(i);
                };
                const std::size_t found = table.find(from, open);
                REQUIRE(ends[from] == (found == table.size() ? nobody : index_of(table[found])));
            }
            REQUIRE(ends == detours(table, members));
            const auto where = static_cast<slot>(random.below(static_cast<std::uint32_t>(all.size())));
            random.one_in(3) ? members.enable(where) : members.disable(where);
            ends.follow(table, members);
        }
    }
}

TEST_CASE("detours: a table without positions") {
    detours none;
    none.follow(circle(), membership());
    CHECK(none == detours());
}
