// SPDX-License-Identifier: MIT
#include <poise/hashes/avalanche.hpp>

#include "hash_checks.hpp"

#include <concepts>

#include <poise/hashes/sdbm.hpp>
#include <poise/hashes/wyhash.hpp>

using poise::hashes::avalanche;
using poise::hashes::avalanched;
using poise::hashes::sdbm;

static_assert(avalanche(0) == 0xab4ed927U && avalanche(1) == 0x348681b6U && avalanche(0x7f000001U) == 0x8a1b584bU);
static_assert(avalanched<sdbm>{}("abc") == 0x274b4266U && avalanched{sdbm{}}("abc") == 0x274b4266U);

namespace {

template <class Hash>
concept has_avalanche = requires { typename avalanched<Hash>; };
static_assert(has_avalanche<sdbm> && !has_avalanche<poise::hashes::wyhash> && !has_avalanche<int>);

struct seeded {
    std::uint32_t seed;
    constexpr std::uint32_t operator()(std::string_view) const noexcept { return seed; }
    constexpr std::uint32_t operator()(std::span<const std::uint8_t>) const noexcept { return seed; }
};
static_assert(avalanched{seeded{1}}("x") == avalanche(1) && avalanched<seeded>{{.seed = 1}}("y") == avalanche(1));

/// The same steps, as arithmetic.
std::uint32_t plain(std::uint32_t hash) {
    const auto times = [](std::uint32_t word, std::uint64_t factor, std::uint64_t add) {
        return static_cast<std::uint32_t>((word * factor + add) % 0x100000000U);
    };
    hash = times(hash, 4097, 0x7ed55d16U);
    hash = hash ^ (hash / 524288U) ^ 0xc761c23cU;
    hash = times(hash, 33, 0x165667b1U);
    hash = times(hash, 1, 0xd3a2646cU) ^ times(hash, 512, 0);
    hash = times(hash, 9, 0xfd7046c5U);
    hash = hash ^ (hash / 65536U) ^ 0xb55a4f09U;
    return times(hash, 3221225473U, 0);
}

} // namespace

TEST_CASE("avalanche is as its description has it") {
    test::random_source random(1);
    for (std::uint32_t bit = 0; bit < 32; ++bit) CHECK(avalanche(1U << bit) == plain(1U << bit));
    for (int i = 0; i < 10'000; ++i) {
        const std::uint32_t hash = random.below(0xffffffffU);
        REQUIRE(avalanche(hash) == plain(hash));
    }
}

TEST_CASE("avalanched hashes first and spreads then") {
    test::check_against(avalanched<sdbm>{}, [](std::span<const std::uint8_t> bytes) { return plain(sdbm{}(bytes)); });
}

TEST_CASE("avalanched<sdbm>: every bit of the key moves every bit of the hash in 35 to 75 % of the keys") {
    for (const std::size_t length : {3U, 4U, 8U, 16U, 40U}) {
        CAPTURE(length);
        const test::flips found = test::flips_of(avalanched<sdbm>{}, length, 2000);
        CHECK(found.least > 0.35);
        CHECK(found.most < 0.75);
    }
    CHECK(test::flips_of(sdbm{}, 8, 2000).least < 0.01);
}
