// SPDX-License-Identifier: MIT
#include <poise/hashes/xor_words.hpp>

#include "hash_checks.hpp"

#include <poise/hashes/avalanche.hpp>

using poise::hashes::xor_words;
using namespace std::string_view_literals;

namespace {

constexpr std::array<std::uint8_t, 4> localhost{127, 0, 0, 1};
constexpr std::array<std::uint8_t, 16> documentation{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0x10, 0xff, 0, 0, 1};

static_assert(xor_words{}(localhost) == 0x7f000001U);
static_assert(poise::hashes::avalanched<xor_words>{}(localhost) == 0x8a1b584bU);
static_assert(xor_words{}(documentation) == (0x20010db8U ^ 0x00000010U ^ 0xff000001U));

// Filled with zero bytes.
static_assert(xor_words{}("") == 0 && xor_words{}("\x12") == 0x12000000U && xor_words{}("\x12\xf4") == 0x12f40000U);
static_assert(xor_words{}("\x01\x02\x03\x04\x05\x06\x07"sv) == (0x01020304U ^ 0x05060700U));

} // namespace

TEST_CASE("xor_words puts byte i into column i modulo 4, most significant first") {
    test::check_against(xor_words{}, [](std::span<const std::uint8_t> bytes) {
        std::array<std::uint8_t, 4> columns{};
        for (std::size_t i = 0; i < bytes.size(); ++i) columns[i % 4] ^= bytes[i];
        return ((columns[0] * 256U + columns[1]) * 256U + columns[2]) * 256U + columns[3];
    });
}
