// SPDX-License-Identifier: MIT
#include <poise/selectors/round_robin.hpp>

#include <catch2/catch_test_macros.hpp>

#include "support/all_selectors.hpp"
#include "support/literal_lvs.hpp"

using namespace test;
using poise::round_robin;
using poise::slot;

namespace {

using ids = std::vector<std::int64_t>;

} // namespace

TEST_CASE("round_robin takes turns, whatever the weights") {
    round_robin selector;
    selector.assign(poise::members({5, 1, 0, 9}));
    CHECK(future(selector, 7) == ids{0, 1, 3, 0, 1, 3, 0});
}

TEST_CASE("round_robin starts at its phase") {
    for (std::uint32_t phase = 0; phase < 9; ++phase) {
        round_robin selector({.phase = phase});
        selector.assign({});
        selector.assign(poise::members({1, 1, 1}));
        const std::int64_t first = phase % 3;
        CHECK(future(selector, 2) == ids{first, (first + 1) % 3});
        CHECK(selector.select());
        selector.reset();
        CHECK(future(selector, 1) == ids{first});
    }
    round_robin largest({.phase = 0xffffffffU});
    largest.assign(poise::members({1, 1}));
    CHECK(future(largest, 2) == ids{1, 0});
}

TEST_CASE("round_robin goes on behind the last choice, or behind the next before it that is still here") {
    round_robin selector;
    selector.assign(poise::members({1, 1, 1, 1}));
    CHECK(selector.select() == slot{0});
    const std::vector<poise::member> reversed{{3, 1}, {2, 1}, {1, 1}, {0, 1}};
    selector.assign(reversed);
    CHECK(future(selector, 4) == ids{3, 2, 1, 0});
    const std::vector<poise::member> one_more{{3, 1}, {2, 1}, {1, 1}, {0, 1}, {8, 1}};
    selector.assign(one_more);
    CHECK(future(selector, 5) == ids{8, 3, 2, 1, 0});
    const std::vector<poise::member> without_the_last{{7, 1}, {3, 1}, {1, 1}, {2, 1}};
    selector.assign(without_the_last);
    CHECK(future(selector, 4) == ids{2, 7, 3, 1});
    const std::vector<poise::member> without_all_before{{2, 1}, {9, 1}};
    selector.assign(without_all_before);
    CHECK(future(selector, 2) == ids{2, 9});
    const std::vector<poise::member> strangers{{20, 1}, {21, 1}};
    selector.assign(strangers);
    CHECK(future(selector, 2) == ids{20, 21});
}

TEST_CASE("round_robin: a search that finds nobody moves nothing") {
    round_robin selector;
    selector.assign(poise::members({1, 1, 1}));
    CHECK(selector.select() == slot{0});
    CHECK_FALSE(selector.select([](slot) { return false; }));
    CHECK(selector.select() == slot{1});
}

TEST_CASE("round_robin does as IPVS's rr does, step for step") {
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        INFO("seed " << seed);
        lvs::life life(seed);
        round_robin selector;
        lvs::rr model;
        for (int step = 0; step < 5'000; ++step) { // a million
            if (life.step(selector)) model.changed(life.svc);
            lvs::require_same(selector.select(life.accept()), model.schedule(life.svc));
        }
    }
}
