// SPDX-License-Identifier: MIT
#include <poise/hashes/crc32.hpp>

#include "hash_checks.hpp"

using poise::hashes::crc32;
using namespace std::string_view_literals;

static_assert(crc32{}("") == 0 && crc32{}("abc") == 0x352441c2U);
static_assert(crc32{}("123456789") == 0xcbf43926U, "the check value that catalogues of CRCs give");
static_assert(~crc32::update(crc32::initial, "123456789") == 0xcbf43926U);
static_assert(crc32{}("\0\0\0\0\0\0\0\0\0"sv) == 0xe60914aeU);

TEST_CASE("crc32 is the division, bit by bit") {
    test::check_against(crc32{}, [](std::span<const std::uint8_t> bytes) {
        std::uint32_t remainder = 0xffffffffU;
        for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
            const std::uint32_t next = (std::uint32_t{bytes[bit / 8]} >> (bit % 8)) & 1U;
            const bool divides = (remainder & 1U) != next;
            remainder >>= 1U;
            if (divides) remainder ^= 0xedb88320U;
        }
        return ~remainder;
    });
}

TEST_CASE("crc32 goes on where it stopped, wherever that was") {
    test::random_source random(1);
    const test::bytes whole = test::random_bytes(random, 40);
    const std::span<const std::uint8_t> numbers = whole;
    for (std::size_t first = 0; first <= 40; ++first) {
        for (std::size_t second = first; second <= 40; ++second) {
            std::uint32_t state = crc32::update(crc32::initial, numbers.first(first));
            state = crc32::update(state, test::as_text(numbers.subspan(first, second - first)));
            state = crc32::update(state, numbers.subspan(second));
            REQUIRE(~state == crc32{}(numbers));
        }
    }
}

TEST_CASE("crc32 is linear: the collisions of strangers cost nothing") {
    test::random_source random(1);
    for (std::size_t size = 0; size < 60; ++size) {
        const test::bytes a = test::random_bytes(random, size);
        const test::bytes b = test::random_bytes(random, size);
        const test::bytes c = test::random_bytes(random, size);
        test::bytes sum(size);
        for (std::size_t i = 0; i < size; ++i) sum[i] = a[i] ^ b[i] ^ c[i];
        REQUIRE(crc32{}(sum) == (crc32{}(a) ^ crc32{}(b) ^ crc32{}(c)));
    }
}

TEST_CASE("crc32: the hash of two texts follows from the hashes of both and the length of the second") {
    std::string second;
    for (std::size_t length = 0; length < 300; ++length, second.push_back(static_cast<char>('a' + length % 31))) {
        for (const std::string first : {"", "1", "20", "some text"}) {
            const std::uint32_t together = poise::hashes::crc32{}(first + second);
            REQUIRE((poise::hashes::crc32::followed_by_zeros(poise::hashes::crc32{}(first), second.size()) ^
                     poise::hashes::crc32{}(second)) == together);
        }
    }
}
