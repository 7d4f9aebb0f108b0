// SPDX-License-Identifier: MIT
#include <poise/hashes/djb2.hpp>

#include "hash_checks.hpp"

using poise::hashes::djb2;

static_assert(djb2{}("") == 5381 && djb2{}("abc") == 0x0b885c8bU);
static_assert(djb2{}("ab") == djb2{}("bA") && djb2{}("user2") == djb2{}("user1") + 1);
static_assert(djb2{}("\xff") == 5381 * 33 + 255, "bytes above 127 are not negative");

TEST_CASE("djb2 is a polynomial in 33") {
    test::check_against(djb2{}, [](std::span<const std::uint8_t> bytes) {
        std::uint32_t sum = 0;
        std::uint32_t power = 1;
        for (std::size_t i = bytes.size(); i > 0; --i) {
            sum += power * bytes[i - 1];
            power *= 33U;
        }
        return sum + power * 5381U;
    });
}
