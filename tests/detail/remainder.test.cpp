// SPDX-License-Identifier: MIT
// Remainders and quotients are those of the machine's division.
#include <poise/detail/remainder.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>

#include "support/random.hpp"

using namespace test;

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
    random_source random(3);
    for (int i = 0; i < 100'000; ++i) {
        const std::uint64_t divisor = std::uint64_t{random.between(1, 0xffffffffU)} >> random.below(32);
        const std::uint64_t by = divisor == 0 ? 1 : divisor;
        std::uint64_t value = std::uint64_t{random.below(0xffffffffU)} << random.below(33);
        if (random.one_in(3)) value = value / by * by - (value >= by ? random.below(2) : 0);
        const poise::detail::remainder known(by);
        REQUIRE(known.quotient(value) == value / by);
        REQUIRE(known.of(value) == value % by);
    }
    CHECK(poise::detail::remainder(1).quotient(~std::uint64_t{0}) == ~std::uint64_t{0});
}
