// SPDX-License-Identifier: MIT
#include <poise/hashes/byte_hash.hpp>

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <string>
#include <vector>

#include <poise/hashes/avalanche.hpp>
#include <poise/hashes/crc32.hpp>
#include <poise/hashes/djb2.hpp>
#include <poise/hashes/hashed.hpp>
#include <poise/hashes/none.hpp>
#include <poise/hashes/sdbm.hpp>
#include <poise/hashes/siphash.hpp>
#include <poise/hashes/wt6.hpp>
#include <poise/hashes/xor_words.hpp>

using namespace poise::hashes;

static_assert(byte_hash<sdbm> && byte_hash<djb2> && byte_hash<wt6> && byte_hash<crc32> && byte_hash<none>);
static_assert(byte_hash<xor_words> && byte_hash<wyhash> && byte_hash<siphash> && byte_hash<avalanched<sdbm>>);
static_assert(byte_hash<default_hash> && !byte_hash<int> && !byte_hash<void> && !byte_hash<decltype(avalanche)>);
static_assert(hash_value<std::uint8_t> && !hash_value<bool> && !hash_value<std::int64_t> && !hash_value<double>);

namespace {

struct narrow_text {
    std::uint32_t operator()(std::string_view) const noexcept { return 0; }
    std::uint64_t operator()(std::span<const std::uint8_t>) const noexcept { return 0; }
};
struct throwing_text {
    std::uint32_t operator()(std::string_view) const { return 0; }
    std::uint32_t operator()(std::span<const std::uint8_t>) const noexcept { return 0; }
};
struct throwing_numbers {
    std::uint32_t operator()(std::string_view) const noexcept { return 0; }
    std::uint32_t operator()(std::span<const std::uint8_t>) const { return 0; }
};
static_assert(!byte_hash<narrow_text> && !byte_hash<throwing_text> && !byte_hash<throwing_numbers>);

} // namespace

TEST_CASE("a hash takes whatever holds bytes") {
    const crc32 hash;
    const std::array<std::uint8_t, 3> array{'a', 'b', 'c'};
    const std::uint8_t plain[]{'a', 'b', 'c'};
    CHECK(hash("abc") == 0x352441c2U);
    CHECK(hash(std::string("abc")) == 0x352441c2U);
    CHECK(hash(array) == 0x352441c2U);
    CHECK(hash(plain) == 0x352441c2U);
    CHECK(hash(std::vector<std::uint8_t>(array.begin(), array.end())) == 0x352441c2U);
}
