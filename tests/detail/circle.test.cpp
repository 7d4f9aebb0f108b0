// SPDX-License-Identifier: MIT
// Tables and rings as what they are: positions in a circle.
#include <poise/detail/circle.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <limits>

#include "support/random.hpp"

using namespace test;
using poise::slot;
using poise::detail::circle;

namespace {

std::size_t by_walking(const std::vector<slot>& slots, std::size_t from, const std::vector<bool>& may) {
    for (std::size_t steps = 0; steps < slots.size(); ++steps) {
        const std::size_t position = (from % slots.size() + steps) % slots.size();
        if (may[static_cast<std::size_t>(slots[position])]) return position;
    }
    return slots.size();
}

} // namespace

TEST_CASE("circle: the first eligible position from any on, in at most two questions a member and one") {
    for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
        INFO("seed " << seed);
        random_source random(seed);
        const std::uint32_t members = random.between(1, 9);
        std::vector<slot> slots(random.below(random.one_in(2) ? 12 : 80));
        const std::uint32_t run = random.between(1, 20); // long runs of one member are what makes a walk long
        for (std::size_t i = 0; i < slots.size(); ++i) {
            slots[i] = i == 0 || random.one_in(run) ? static_cast<slot>(random.below(members)) : slots[i - 1];
        }
        const circle round(slots, members);
        REQUIRE(round.size() == slots.size());
        std::vector<bool> may(members);
        for (std::size_t i = 0; i < members; ++i) may[i] = random.one_in(3);
        for (std::size_t from = 0; from < 2 * slots.size() + 3; ++from) {
            std::size_t questions = 0;
            const auto found = round.find(from, [&](std::size_t member) {
                ++questions;
                return may[member];
            });
            REQUIRE(found == by_walking(slots, from, may));
            REQUIRE(questions <= 2 * members + 1);
        }
    }
}

TEST_CASE("circle: positions beyond the last count on around it") {
    const circle round({slot{0}, slot{1}, slot{0}}, 2);
    const auto anybody = [](std::size_t) {
        return true;
    };
    CHECK(round.find(3, anybody) == 0U);
    CHECK(round.find(std::numeric_limits<std::size_t>::max(), anybody) == std::numeric_limits<std::size_t>::max() % 3);
    CHECK(round.find(5, [](std::size_t member) { return member == 1; }) == 1U);
}

TEST_CASE("circle: nobody eligible, no positions, no members") {
    CHECK(circle().find(0, [](std::size_t) { return true; }) == 0U);
    CHECK(circle({}, 5).find(7, [](std::size_t) { return true; }) == 0U);
    CHECK(circle({slot{2}}, 5).find(0, [](std::size_t member) { return member != 2; }) == 1U);
    CHECK(circle({slot{2}}, 5).find(0, [](std::size_t member) { return member == 2; }) == 0U);
    CHECK(circle() == circle({}, 0));
    CHECK(circle({slot{0}, slot{1}}, 2) != circle({slot{1}, slot{0}}, 2));
}

TEST_CASE("circle: however few are left, it asks each member a second time at most") {
    std::vector<slot> slots(1'000'000, slot{1});
    slots[500'000] = slot{0};
    const circle round(slots, 2);
    for (const std::size_t from : {std::size_t{0}, std::size_t{500'000}, std::size_t{500'001}, std::size_t{999'999}}) {
        std::size_t questions = 0;
        CHECK(round.find(from, [&questions](std::size_t member) {
            ++questions;
            return member == 0;
        }) == 500'000U);
        CHECK(questions <= 5);
    }
}
