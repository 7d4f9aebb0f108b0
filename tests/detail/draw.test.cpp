// SPDX-License-Identifier: MIT
#include <poise/detail/draw.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <limits>
#include <vector>

#include "support/statistics.hpp"

using namespace test;
using poise::splitmix64;
using poise::detail::draw;

namespace {

/// Gives what it is told to, in order, and then 0.
struct scripted {
    using result_type = std::uint64_t;
    static constexpr std::uint64_t min() { return 0; }
    static constexpr std::uint64_t max() { return std::numeric_limits<std::uint64_t>::max(); }
    explicit scripted(std::uint64_t = 0) {}
    scripted(std::initializer_list<std::uint64_t> numbers) : script(numbers) {}
    std::uint64_t operator()() { return drawn < script.size() ? script[drawn++] : 0; }
    bool operator==(const scripted&) const = default;

    std::vector<std::uint64_t> script{};
    std::size_t drawn = 0;
};

constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();

} // namespace

static_assert(poise::random_engine<scripted>);

TEST_CASE("draw: each number below the bound is equally likely") {
    for (const std::uint64_t bound : {2U, 3U, 6U, 7U, 10U, 1000U}) {
        CAPTURE(bound);
        splitmix64 engine(bound);
        std::vector<std::uint64_t> counts(bound);
        for (int i = 0; i < 200'000; ++i) ++counts.at(draw(engine, bound));
        CHECK(agree(counts, std::vector<double>(bound, 1.0)));
    }
}

TEST_CASE("draw: with a bound that does not divide 2^64, halves and thirds of it are equally likely, too") {
    // three quarters of 2^64: without the rejection, some numbers would be twice as likely as others
    const std::uint64_t bound = (std::uint64_t{1} << 63U) + (std::uint64_t{1} << 62U);
    splitmix64 engine(5);
    std::vector<std::uint64_t> thirds(3);
    std::vector<std::uint64_t> by_rest(3);
    for (int i = 0; i < 300'000; ++i) {
        const std::uint64_t drawn = draw(engine, bound);
        ++thirds.at(drawn / (bound / 3));
        ++by_rest.at(drawn % 3);
    }
    CHECK(agree(thirds, std::vector<double>(3, 1.0)));
    CHECK(agree(by_rest, std::vector<double>(3, 1.0)));
}

TEST_CASE("draw: a bound of 1 is 0; a bound just above one half rejects nearly every other number") {
    splitmix64 engine(3);
    for (int i = 0; i < 100; ++i) CHECK(draw(engine, 1) == 0);
    const std::uint64_t bound = (std::uint64_t{1} << 63U) + 1;
    bool below = true;
    std::uint64_t largest = 0;
    for (int i = 0; i < 10'000; ++i) {
        const std::uint64_t drawn = draw(engine, bound);
        below &= drawn < bound;
        largest = std::max(largest, drawn);
    }
    CHECK(below);
    CHECK(largest > bound / 100 * 99);
    for (int i = 0; i < 100; ++i) CHECK(draw(engine, most) < most);
}

TEST_CASE("draw: exactly 2^64 mod bound numbers are rejected") {
    // 2^64 mod 3 = 1: of the numbers whose product with 3 ends in 0, 1 or 2, only 0 is rejected
    scripted zero{0, most};
    CHECK(draw(zero, 3) == 2);
    CHECK(zero.drawn == 2);
    scripted one_third{most / 3 + 1, 0, 0}; // the product ends in 2: kept
    CHECK(draw(one_third, 3) == 1);
    CHECK(one_third.drawn == 1);
    scripted even{0}; // a power of two rejects nothing
    CHECK(draw(even, 8) == 0);
    CHECK(even.drawn == 1);
    // 2^64 mod (2^63 + 1) = 2^63 - 1; the product of 3 ends in 2^63 + 3, that of 2 in 2
    const std::uint64_t bound = (std::uint64_t{1} << 63U) + 1;
    scripted two_then_three{2, 3};
    CHECK(draw(two_then_three, bound) == 1);
    CHECK(two_then_three.drawn == 2);
    // that of 2^63 - 2 in itself, the last that is rejected, and that of 2^64 - 1 in 2^63 - 1, the first that is kept
    scripted last_and_first{(std::uint64_t{1} << 63U) - 2, most};
    CHECK(draw(last_and_first, bound) == std::uint64_t{1} << 63U);
    CHECK(last_and_first.drawn == 2);
}
