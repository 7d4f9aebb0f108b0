// SPDX-License-Identifier: MIT
#include <poise/hashes/none.hpp>

#include "hash_checks.hpp"

#include <cstdlib>
#include <string>

using poise::hashes::none;
using namespace std::string_view_literals;

static_assert(none{}("42") == 42 && none{}("+42") == 42 && none{}("-42") == 4294967254U && none{}("007") == 7);
static_assert(none{}("4294967296") == 0 && none{}("4294967297") == 1, "the lower 32 bits");
static_assert(none{}("") == 0 && none{}("-") == 0 && none{}("abc") == 0 && none{}(" 5") == 0);
static_assert(none{}("--5") == 0 && none{}("+-5") == 0, "one sign");
static_assert(none{}("5x6") == 5 && none{}("5-6") == 5 && none{}("5:6") == 5 && none{}("5/6") == 5 &&
              none{}("0x10") == 0 && none{}("5\0006"sv) == 5);
static_assert(none{}("9223372036854775807") == 0xffffffffU && none{}("9223372036854775808") == 0xffffffffU);
static_assert(none{}("9223372036854775806") == 0xfffffffeU);
static_assert(none{}("-9223372036854775807") == 1 && none{}("-9223372036854775808") == 0);
static_assert(none{}("-9223372036854775809") == 0 && none{}("-99999999999999999999") == 0);
static_assert(none{}("18446744073709551616") == 0xffffffffU && none{}("99999999999999999999") == 0xffffffffU);
static_assert(none{}("9223372036854775807000000000000000000000000") == 0xffffffffU);

TEST_CASE("none reads a number as the C library does, but for the blanks before it") {
    test::random_source random(1);
    constexpr std::string_view alphabet = "00112233445566778899+-x/:\xb5\0"sv;
    constexpr std::array starts{
        ""sv, "-"sv, "+"sv, "922337203685477"sv, "-922337203685477580"sv, "1844674407370955161"sv};
    for (int i = 0; i < 50'000; ++i) {
        std::string key(starts[random.index(starts.size())]);
        const std::size_t letters = random.one_in(3) ? alphabet.size() : 20;
        for (std::uint32_t more = random.below(24); more > 0; --more) key += alphabet[random.index(letters)];
        CAPTURE(key);
        const auto expected = static_cast<std::uint32_t>(std::strtoll(key.c_str(), nullptr, 10));
        REQUIRE(none{}(key) == expected);
        const test::bytes numbers(key.begin(), key.end());
        REQUIRE(none{}(numbers) == expected);
    }
}
