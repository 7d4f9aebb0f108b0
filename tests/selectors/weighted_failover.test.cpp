// SPDX-License-Identifier: MIT
#include <poise/selectors/weighted_failover.hpp>

#include <catch2/catch_test_macros.hpp>

#include "support/literal_lvs.hpp"

using namespace test;
using poise::slot;
using poise::weighted_failover;

namespace {

constexpr bool the_heaviest_that_is_left() {
    weighted_failover selector;
    selector.assign(poise::members({3, 9, 9, 0, 1}));
    const bool heaviest = selector.select() == slot{1};
    selector.disable(slot{1});
    const bool equally_heavy = selector.select() == slot{2};
    selector.disable(slot{2});
    const bool next = selector.select() == slot{0};
    return heaviest && equally_heavy && next && !selector.select([](slot where) { return where == slot{3}; });
}
static_assert(the_heaviest_that_is_left());

} // namespace

TEST_CASE("weighted_failover does as IPVS's fo does, step for step") {
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        INFO("seed " << seed);
        lvs::life life(seed);
        weighted_failover selector;
        for (int step = 0; step < 5'000; ++step) { // a million
            life.step(selector);
            lvs::require_same(selector.select(life.accept()), lvs::fo(life.svc));
        }
    }
}

TEST_CASE("law 4, the exception: weighted_failover's heaviest gets all", "[laws]") {
    STATIC_REQUIRE(poise::breaks<weighted_failover>(poise::law::fairness));
    weighted_failover selector;
    selector.assign(poise::members({1, 3, 2}));
    for (int i = 0; i < 10; ++i) CHECK(selector.select() == slot{1});
}
