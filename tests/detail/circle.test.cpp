// SPDX-License-Identifier: MIT
// Tables and rings as what they are: positions in a circle. And the remainder by a divisor known long before.
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

TEST_CASE("remainder: as % gives it, for every divisor up to 2000 and for random ones") {
    constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
    random_source random(1);
    const auto random_number = [&random] {
        const std::uint64_t high = random.below(0xffffffffU);
        return ((high << 32U) | random.below(0xffffffffU)) >> random.below(64);
    };
    const auto check = [&](std::uint64_t divisor) {
        const poise::detail::remainder by(divisor);
        bool same = true;
        const auto compare = [&](std::uint64_t value) {
            same &= by.of(value) == value % divisor;
        };
        for (const std::uint64_t near : {std::uint64_t{0}, std::uint64_t{1} << 32U, std::uint64_t{1} << 63U, most,
                                         divisor, most / divisor * divisor, most / 2 / divisor * divisor}) {
            for (std::uint64_t by_some = 0; by_some < 4; ++by_some) {
                compare(near + by_some);
                compare(near - by_some);
            }
        }
        for (int i = 0; i < 300; ++i) compare(random_number());
        CAPTURE(divisor);
        REQUIRE(same);
    };
    for (std::uint64_t divisor = 1; divisor <= 2000; ++divisor) check(divisor);
    for (int i = 0; i < 3000; ++i) check(std::max<std::uint64_t>(random_number(), 1));
    for (unsigned bit = 0; bit < 64; ++bit) {
        check(std::uint64_t{1} << bit);
        check((std::uint64_t{1} << bit) + 1);
        check(most >> bit);
        check((most >> bit) - (bit == 63 ? 0 : 1));
    }
    CHECK(poise::detail::remainder().of(most) == 0);
    CHECK(poise::detail::remainder(7) == poise::detail::remainder(7));
    CHECK(poise::detail::remainder(7) != poise::detail::remainder(8));
}

TEST_CASE("remainder: the quotient is that of a division") {
    test::random_source random(3);
    for (int i = 0; i < 100'000; ++i) {
        const std::uint64_t divisor = std::uint64_t{random.between(1, 0xffffffffU)} >> random.below(32);
        const std::uint64_t by = divisor == 0 ? 1 : divisor;
        std::uint64_t value = std::uint64_t{random.below(0xffffffffU)} << random.below(33);
        if (random.one_in(3)) value = value / by * by - (value >= by ? random.below(2) : 0);
        const poise::detail::remainder remainder(by);
        REQUIRE(remainder.quotient(value) == value / by);
        REQUIRE(remainder.of(value) == value % by);
    }
    CHECK(poise::detail::remainder(1).quotient(~std::uint64_t{0}) == ~std::uint64_t{0});
}
