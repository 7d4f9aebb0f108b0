// SPDX-License-Identifier: MIT
#include <poise/selectors/lvs_twos.hpp>

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <vector>

#include "support/literal_lvs.hpp"
#include "support/scripted_engine.hpp"
#include "support/statistics.hpp"

using namespace test;
using poise::lvs_twos;
using poise::slot;

namespace {

constexpr auto equal_loads = [](slot) {
    return 0U;
};

constexpr bool the_same_seed_is_the_same_sequence() {
    lvs_twos one({.seed = 5});
    one.assign(poise::members({3, 1, 2}));
    lvs_twos other = one;
    for (int i = 0; i < 30; ++i) {
        if (one.select(equal_loads) != other.select(equal_loads)) return false;
    }
    one.reset();
    lvs_twos fresh({.seed = 5});
    fresh.assign(poise::members({3, 1, 2}));
    return one == fresh;
}
static_assert(the_same_seed_is_the_same_sequence());

} // namespace

TEST_CASE("lvs_twos does as IPVS's twos does with the same draws, step for step") {
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        INFO("seed " << seed);
        lvs::life life(seed);
        poise::basic_lvs_twos<scripted_engine> selector;
        for (int step = 0; step < 5'000; ++step) { // a million
            life.step(selector);
            std::int64_t sum = 0;
            for (const lvs::destination& d : life.svc) sum += d.overloaded ? 0 : d.weight;
            const std::vector<std::uint64_t> draws{life.random.below(static_cast<std::uint32_t>(sum + 1)),
                                                   life.random.below(static_cast<std::uint32_t>(sum + 1))};
            scripted_engine::say(draws, static_cast<std::uint64_t>(sum + 1));
            selector.reset(); // to the first number of the script
            const auto overhead = [&life](slot where) {
                return static_cast<std::uint64_t>(life.svc[static_cast<std::size_t>(where)].overhead());
            };
            lvs::require_same(selector.select(overhead, life.accept()),
                              sum == 0 ? std::nullopt
                                       : lvs::twos(life.svc, static_cast<std::int64_t>(draws[0]),
                                                   static_cast<std::int64_t>(draws[1])));
        }
    }
}

TEST_CASE("law 4, the exception: of lvs_twos' draws the first member gets (weight + 1) / (sum + 1)", "[laws]") {
    STATIC_REQUIRE(poise::breaks<lvs_twos>(poise::law::fairness));
    lvs_twos selector({.seed = 1});
    selector.assign(poise::members({1, 0, 2, 1}));
    std::array<std::uint64_t, 4> counts{};
    for (int i = 0; i < 100'000; ++i) ++counts[static_cast<std::size_t>(*selector.select(equal_loads))];
    CHECK(agree(counts, std::array<double, 4>{2, 0, 2, 1}));
    CHECK_FALSE(agree(counts, std::array<double, 4>{1, 0, 2, 1}));
}

TEST_CASE("lvs_twos: the less loaded of two, and the first of equals") {
    poise::basic_lvs_twos<scripted_engine> selector;
    selector.assign(poise::members({2, 2}));
    const auto busy_first = [](slot where) {
        return where == slot{0} ? 3U : 2U;
    };
    for (const auto& [first, second, expected] : {std::tuple{1U, 4U, slot{1}}, std::tuple{4U, 1U, slot{1}},
                                                  std::tuple{0U, 2U, slot{0}}, std::tuple{3U, 3U, slot{1}}}) {
        scripted_engine::say({first, second}, 5);
        selector.reset();
        CHECK(selector.select(busy_first) == expected);
    }
    scripted_engine::say({4, 1}, 5);
    selector.reset();
    CHECK(selector.select(equal_loads) == slot{1}); // drawn first
    const auto before = selector;
    CHECK_FALSE(selector.select(equal_loads, [](slot) { return false; }));
    CHECK(selector == before); // nothing was drawn
}
