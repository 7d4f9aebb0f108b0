// SPDX-License-Identifier: MIT
#include <poise/hashes/wyhash.hpp>

#include "hash_checks.hpp"

#include <string>

using poise::hashes::wyhash;

// Published with wyhash: what its test_vector.cpp prints.
static_assert(wyhash{0}("") == 0x93228a4de0eec5a2U);
static_assert(wyhash{1}("a") == 0xc5bac3db178713c4U);
static_assert(wyhash{2}("abc") == 0xa97f2f7b1d9b3314U);
static_assert(wyhash{3}("message digest") == 0x786d1f1df3801df4U);
static_assert(wyhash{4}("abcdefghijklmnopqrstuvwxyz") == 0xdca5a8138ad37c87U);
static_assert(wyhash{5}("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789") == 0xb9e734f117cfaf70U);
static_assert(wyhash{6}("12345678901234567890123456789012345678901234567890123456789012345678901234567890") ==
              0x6cc5eab49a92d617U);

static_assert(wyhash{}("abc") == wyhash{.seed = 0}("abc") && wyhash{}("abc") != wyhash{.seed = 1}("abc"));
static_assert(sizeof(wyhash) == 8);

namespace {

using view = std::span<const std::uint8_t>;

std::uint64_t number(view bytes) {
    std::uint64_t result = 0;
    for (std::size_t i = bytes.size(); i > 0; --i) result = result * 256 + bytes[i - 1];
    return result;
}

std::uint64_t folded(std::uint64_t a, std::uint64_t b) {
    const auto [high, low] = poise::detail::wide_multiply_portable(a, b);
    return high ^ low;
}

/// The algorithm in three parts: what is left of a long key after its blocks, the last sixteen bytes, the end.
std::uint64_t plain(view bytes, std::uint64_t seed) {
    constexpr std::array<std::uint64_t, 4> secret{0x2d358dccaa6c78a5U, 0x8bb84b93962eacc9U, 0x4b33a62ed433d4a3U,
                                                  0x4d5a2da51de1aa47U};
    const std::size_t n = bytes.size();
    seed ^= folded(seed ^ secret[0], secret[1]);
    std::array<std::uint64_t, 3> lanes{seed, seed, seed};
    std::size_t block = 0;
    if (n > 16) {
        const std::size_t striped = n / 48 * 3;
        for (; block < striped; ++block) {
            const view now = bytes.subspan(16 * block, 16);
            lanes[block % 3] =
                folded(number(now.first(8)) ^ secret[block % 3 + 1], number(now.last(8)) ^ lanes[block % 3]);
        }
        if (striped > 0) lanes[0] ^= lanes[1] ^ lanes[2];
        for (; n - 16 * block > 16 && 16 * block < n; ++block) {
            const view now = bytes.subspan(16 * block, 16);
            lanes[0] = folded(number(now.first(8)) ^ secret[1], number(now.last(8)) ^ lanes[0]);
        }
    }
    std::uint64_t a = 0;
    std::uint64_t b = 0;
    if (n > 16) {
        a = number(bytes.last(16).first(8));
        b = number(bytes.last(8));
    } else if (n >= 8) {
        const std::size_t middle = n == 16 ? 8 : 4;
        a = number(bytes.first(4)) * 0x100000000U + number(bytes.subspan(middle, 4));
        b = number(bytes.last(4)) * 0x100000000U + number(bytes.subspan(n - 4 - middle, 4));
    } else if (n >= 4) {
        a = number(bytes.first(4)) * 0x100000001U;
        b = number(bytes.last(4)) * 0x100000001U;
    } else if (n > 0) {
        a = bytes.front() * 65536U + bytes[n / 2] * 256U + bytes.back();
    }
    const auto [high, low] = poise::detail::wide_multiply_portable(a ^ secret[1], b ^ lanes[0]);
    return folded(low ^ secret[0] ^ n, high ^ secret[1]);
}

} // namespace

TEST_CASE("wyhash is as its description has it") {
    for (const std::uint64_t seed : {std::uint64_t{0}, std::uint64_t{1}, 0x8000000000000000U, 0x2d358dccaa6c78a5U}) {
        test::check_against(wyhash{seed}, [seed](view bytes) { return plain(bytes, seed); });
    }
}

TEST_CASE("wyhash has the verification value that SMHasher3 gives for it") {
    test::bytes key;
    test::bytes values;
    for (unsigned i = 0; i < 256; ++i) {
        const std::uint64_t value = wyhash{256 - i}(key);
        for (unsigned byte = 0; byte < 8; ++byte) values.push_back(static_cast<std::uint8_t>(value >> (8 * byte)));
        key.push_back(static_cast<std::uint8_t>(i));
    }
    CHECK((wyhash{}(values) & 0xffffffffU) == 0x9dae7dd3U);
}

TEST_CASE("wyhash: every bit of the key moves every bit of the hash in 40 to 60 % of the keys") {
    for (const std::size_t length : {3U, 4U, 8U, 16U, 17U, 40U, 64U}) {
        CAPTURE(length);
        const test::flips found = test::flips_of(wyhash{}, length, 2000);
        CHECK(found.least > 0.4);
        CHECK(found.most < 0.6);
    }
}

TEST_CASE("wyhash is no defence: one chosen word makes all that came before it vanish, under every seed") {
    constexpr std::string_view word = "\xc9\xac\x2e\x96\x93\x4b\xb8\x8b"; // secret[1]
    const std::string_view tail = "any sixteen byte";
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        const auto hash_of = [&](std::string_view unseen) {
            std::string key(word);
            key.append(unseen).append(tail);
            return wyhash{seed}(key);
        };
        REQUIRE(hash_of("01234567") == hash_of("abcdefgh"));
        REQUIRE(hash_of("01234567") == wyhash{0}(std::string(word).append("01234567").append(tail)));
    }
}
