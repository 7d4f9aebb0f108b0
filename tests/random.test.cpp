// SPDX-License-Identifier: MIT
#include <poise/random.hpp>

#include <catch2/catch_test_macros.hpp>

#include <random>

using poise::splitmix64;

namespace {

struct no_words {
    bool operator==(const no_words&) const = default;
    explicit no_words(std::uint64_t = 0) {}
};

} // namespace

static_assert(poise::random_engine<splitmix64> && poise::random_engine<std::mt19937_64>);
static_assert(!poise::random_engine<no_words>);
static_assert(!poise::random_engine<std::mt19937>, "32 bits are not enough");
static_assert(!poise::random_engine<std::minstd_rand> && !poise::random_engine<std::random_device>);

static_assert([] {
    splitmix64 engine(0);
    return engine() == 0xe220a8397b1dcdafU && engine() == 0x6e789e6aa1b965f4U && engine() == 0x06c45d188009454fU;
}());

TEST_CASE("splitmix64: the published sequence, and equal when it goes on equally") {
    splitmix64 engine(0);
    CHECK(engine() == 0xe220a8397b1dcdafU);
    splitmix64 other(0);
    CHECK(engine != other);
    CHECK(other() == 0xe220a8397b1dcdafU);
    CHECK(engine == other);
    CHECK(splitmix64() == splitmix64(0));
    CHECK(splitmix64(1) != splitmix64(2));
}
