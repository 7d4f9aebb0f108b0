// SPDX-License-Identifier: MIT
#include <poise/detail/wide_multiply.hpp>

#include <catch2/catch_test_macros.hpp>

#include <bit>
#include <initializer_list>
#include <random>
#include <vector>

using poise::detail::wide;
using poise::detail::wide_multiply;
using poise::detail::wide_multiply_portable;

namespace {

constexpr std::uint64_t all = ~std::uint64_t{0};

static_assert(wide_multiply(all, all) == wide{.high = all - 1, .low = 1});
static_assert(wide_multiply_portable(all, all) == wide{.high = all - 1, .low = 1});
static_assert(wide_multiply(0xffffffffU, 0x100000001U) == wide{.high = 0, .low = all});
static_assert(wide_multiply_portable(0xffffffffU, 0x100000001U) == wide{.high = 0, .low = all});
static_assert(wide_multiply_portable(1, 2) != wide{.high = 1, .low = 2});

/// One addition for each bit.
wide by_additions(std::uint64_t a, std::uint64_t b) {
    wide sum{.high = 0, .low = 0};
    for (int bit = 63; bit >= 0; --bit) {
        sum = {.high = (sum.high << 1U) | (sum.low >> 63U), .low = sum.low << 1U};
        if (((b >> bit) & 1U) == 0) continue;
        sum.low += a;
        if (sum.low < a) ++sum.high;
    }
    return sum;
}

} // namespace

TEST_CASE("wide_multiply, in both ways, is the sum that one learns at school") {
    std::vector<std::uint64_t> factors{0, 1, 2, 0xffffffffU, 0x100000000U, 0x100000001U, all - 1, all, all << 32U};
    std::mt19937_64 random(1);
    for (int i = 0; i < 150; ++i) factors.push_back(random() >> (i % 64));
    for (const std::uint64_t a : factors) {
        for (const std::uint64_t b : factors) {
            CAPTURE(a, b);
            const wide expected = by_additions(a, b);
            REQUIRE((wide_multiply(a, b) == expected));
            REQUIRE((wide_multiply_portable(a, b) == expected));
        }
    }
}
