// SPDX-License-Identifier: MIT
#include <poise/detail/connection_counts.hpp>

#include <catch2/catch_test_macros.hpp>

#include <map>

#include "support/random.hpp"

using namespace test;
using poise::slot;
using poise::detail::connection_counts;
using poise::detail::membership;

TEST_CASE("connection_counts follow their members through every change, and are never below 0") {
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        INFO("seed " << seed);
        random_source random(seed);
        std::vector<poise::member> members;
        membership here;
        connection_counts counts;
        std::map<std::uint64_t, std::uint64_t> model;
        for (int step = 0; step < 500; ++step) {
            if (random.one_in(25)) {
                members = random_members(random, 8, 3);
                membership next(members, here, "test");
                counts = connection_counts(next, here, counts);
                here = std::move(next);
                std::map<std::uint64_t, std::uint64_t> still;
                for (const poise::member& m : members) still[m.id] = model[m.id];
                model = still;
            }
            const std::size_t i = random.index(members.size() + 2); // two slots that there are not
            const bool open = random.one_in(2);
            open ? counts.opened(static_cast<slot>(i)) : counts.closed(static_cast<slot>(i));
            if (i < members.size() && open) ++model[members[i].id];
            if (i < members.size() && !open && model[members[i].id] > 0) --model[members[i].id];
            std::uint64_t all = 0;
            for (std::size_t at = 0; at < members.size(); ++at) {
                REQUIRE(counts.of(static_cast<slot>(at)) == model[members[at].id]);
                all += model[members[at].id];
            }
            REQUIRE(counts.all() == all);
            REQUIRE(counts.of(static_cast<slot>(members.size())) == 0);
        }
    }
}

TEST_CASE("connection_counts: nobody has none") {
    connection_counts counts;
    counts.opened(slot{0});
    counts.closed(slot{0xffffffffU});
    CHECK(counts.all() == 0);
    CHECK(counts.of(slot{0}) == 0);
    CHECK(counts == connection_counts());
}
