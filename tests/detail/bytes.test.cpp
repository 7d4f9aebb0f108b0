// SPDX-License-Identifier: MIT
#include <poise/detail/bytes.hpp>

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <cstddef>
#include <string_view>

using poise::detail::big_endian;
using poise::detail::byte_value;
using poise::detail::little_endian;

static_assert(byte_value<char> && byte_value<std::uint8_t> && !byte_value<signed char> && !byte_value<const char>);

namespace {

constexpr std::array<std::uint8_t, 9> numbers{0x01, 0x82, 0x03, 0x84, 0x05, 0x86, 0x07, 0x88, 0xff};
constexpr std::string_view text = "\x01\x82\x03\x84\x05\x86\x07\x88\xff";

static_assert(little_endian<std::uint64_t>(numbers.data()) == 0x8807860584038201U);
static_assert(little_endian<std::uint64_t>(text.data() + 1) == 0xff88078605840382U);
static_assert(little_endian<std::uint32_t>(numbers.data() + 3) == 0x07860584U);
static_assert(little_endian<std::uint16_t>(text.data() + 7) == 0xff88U);
static_assert(big_endian<std::uint64_t>(numbers.data()) == 0x0182038405860788U);
static_assert(big_endian<std::uint32_t>(text.data() + 5) == 0x860788ffU);

} // namespace

TEST_CASE("bytes make the same numbers at run time, from every address") {
    for (std::size_t before = 0; before < 8; ++before) {
        std::array<std::uint8_t, 17> memory{};
        for (std::size_t i = 0; i < numbers.size(); ++i) memory[before + i] = numbers[i];
        const std::uint8_t* const from = memory.data() + before;
        CHECK(little_endian<std::uint64_t>(from) == 0x8807860584038201U);
        CHECK(little_endian<std::uint32_t>(from + 3) == 0x07860584U);
        CHECK(big_endian<std::uint64_t>(from) == 0x0182038405860788U);
        CHECK(big_endian<std::uint32_t>(from + 5) == 0x860788ffU);
    }
}
