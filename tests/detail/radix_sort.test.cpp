// SPDX-License-Identifier: MIT
#include <poise/detail/radix_sort.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "support/random.hpp"

using namespace test;
using poise::detail::radix_sort_by_upper_half;

TEST_CASE("radix_sort_by_upper_half is a stable sort by the upper halves") {
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        INFO("seed " << seed);
        random_source random(seed);
        const std::uint32_t different = random.one_in(2) ? 3 : 0xffffffffU;
        const unsigned shift = 8 * random.below(4); // bytes in which none differ
        std::vector<std::uint64_t> numbers(random.below(300));
        for (std::uint64_t i = 0; i < numbers.size(); ++i) { // told apart by their places
            numbers[i] = std::uint64_t{random.below(different) << shift} << 32U | i;
        }
        std::vector<std::uint64_t> expected = numbers;
        std::ranges::sort(expected);
        radix_sort_by_upper_half(numbers);
        REQUIRE(numbers == expected);
    }
}
