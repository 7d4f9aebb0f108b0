// SPDX-License-Identifier: MIT
#include <poise/selectors/weighted_overflow.hpp>

#include <catch2/catch_test_macros.hpp>

#include "support/literal_lvs.hpp"

using namespace test;
using poise::slot;
using poise::weighted_overflow;

namespace {

constexpr std::optional<slot> chosen_with(std::array<unsigned, 3> active) {
    weighted_overflow selector;
    selector.assign(poise::members({2, 5, 1}));
    return selector.select([active](slot where) { return active[static_cast<std::size_t>(where)]; });
}
static_assert(chosen_with({0, 0, 0}) == slot{1});
static_assert(chosen_with({0, 5, 0}) == slot{1}, "as many as its weight, and still one more");
static_assert(chosen_with({0, 6, 0}) == slot{0});
static_assert(chosen_with({3, 6, 1}) == slot{2});

} // namespace

TEST_CASE("law 1, the exception: weighted_overflow chooses nobody when all have more than their weight", "[laws]") {
    STATIC_REQUIRE(poise::breaks<weighted_overflow>(poise::law::totality));
    CHECK_FALSE(chosen_with({3, 6, 2}));
}

TEST_CASE("weighted_overflow does as IPVS's ovf does, step for step") {
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        INFO("seed " << seed);
        lvs::life life(seed);
        weighted_overflow selector;
        for (int step = 0; step < 5'000; ++step) { // a million
            life.step(selector);
            lvs::require_same(selector.select(life.active(), life.accept()), lvs::ovf(life.svc));
        }
    }
}
