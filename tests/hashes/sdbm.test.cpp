// SPDX-License-Identifier: MIT
#include <poise/hashes/sdbm.hpp>

#include "hash_checks.hpp"

using poise::hashes::sdbm;

static_assert(sdbm{}("") == 0 && sdbm{}("abc") == 0x3025f862U);
static_assert(sdbm{}("a") == 'a', "a short key does not reach the high bits");
static_assert(sdbm{}("\xff") == 0xffU, "bytes above 127 are not negative");

TEST_CASE("sdbm is a polynomial in 65599") {
    test::check_against(sdbm{}, [](std::span<const std::uint8_t> bytes) {
        std::uint32_t sum = 0;
        std::uint32_t power = 1;
        for (std::size_t i = bytes.size(); i > 0; --i) {
            sum += power * bytes[i - 1];
            power *= 65599U;
        }
        return sum;
    });
}
