// SPDX-License-Identifier: MIT
// What it is used for is tested with smooth_race; here it is on its own, with lines that nobody pays for.
#include <poise/detail/weight_classes.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <vector>

#include "support/random.hpp"

using namespace test;
using poise::detail::membership;
using poise::detail::weight_classes;

TEST_CASE("weight_classes: who is highest at each turn, the first among equals") {
    int reweighed = 0;
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        INFO("seed " << seed);
        random_source random(seed);
        const std::uint32_t heaviest = random.one_in(2) ? 4 : random.one_in(2) ? 50 : 0xffffffffU;
        std::vector<poise::member> all;
        std::vector<std::uint64_t> marks;
        for (std::uint64_t i = 0, size = random.between(1, 60); i < size; ++i) {
            all.push_back({.id = i, .weight = random.between(1, heaviest)});
            marks.push_back(random.below(heaviest)); // and fall from there
        }
        const auto mark = [&marks](std::size_t i) {
            return marks[i];
        };
        std::vector<bool> races(all.size(), true);
        weight_classes classes(membership(all, {}, "weight_classes.test"), {});
        classes.start([](std::size_t) { return true; }, mark);
        for (std::uint64_t turn = 1; turn < 400; ++turn) {
            std::size_t expected = all.size();
            const auto height = [&](std::size_t i) {
                return static_cast<std::int64_t>(marks[i] + all[i].weight * turn);
            };
            for (std::size_t i = 0; i < all.size(); ++i) {
                if (races[i] && (expected == all.size() || height(i) > height(expected))) expected = i;
            }
            if (expected < all.size()) {
                const auto found = classes.highest(turn);
                REQUIRE(found.index == expected);
                REQUIRE(found.height == height(expected));
                marks[expected] -= std::uint64_t{heaviest} * random.between(1, 30);
                classes.fall(expected, turn, mark);
            }
            const std::size_t i = random.index(all.size());
            if (!random.one_in(5)) continue;
            races[i] = !races[i];
            if (!races[i]) {
                classes.leave(i, mark);
                continue;
            }
            const std::uint32_t weight = random.one_in(2) ? all[random.index(all.size())].weight : random.between(1, 9);
            if (classes.has_room(i, weight)) {
                classes.reweigh(i, weight);
                marks[i] += (all[i].weight - std::uint64_t{weight}) * turn; // it stands where it stood
                all[i].weight = weight;
                ++reweighed;
            }
            classes.enter(i, mark);
        }
    }
    CHECK(reweighed > 100);
}

TEST_CASE("weight_classes: another weight, where its class has a leaf to spare") {
    const auto mark = [](std::size_t) {
        return std::uint64_t{0};
    };
    weight_classes classes(membership(poise::members({3, 3, 5, 5, 5}), {}, "weight_classes.test"), {});
    CHECK(classes.has_room(0, 5));
    classes.reweigh(0, 5);
    CHECK_FALSE(classes.has_room(1, 5)); // one to spare
    CHECK_FALSE(classes.has_room(1, 4)); // no such class
    CHECK(classes.has_room(1, 3));       // as it was
    classes.reweigh(1, 3);
    classes.reweigh(2, 3); // two are free there now
    CHECK(classes.has_room(1, 5));
    classes.reweigh(1, 5);
    classes.start([](std::size_t) { return true; }, mark);
    const auto found = classes.highest(1);
    CHECK(found.index == 0);
    CHECK(found.height == 5);
}
