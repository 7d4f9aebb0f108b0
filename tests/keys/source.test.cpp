// SPDX-License-Identifier: MIT
#include <poise/keys/source.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "support/random.hpp"

using Catch::Matchers::Message;
using poise::keys::source;

namespace {

using bytes = std::vector<std::uint8_t>;

constexpr bool gives(const source& key, const bytes& address, const std::optional<bytes>& expected) {
    const auto found = key(address);
    return found.has_value() == expected.has_value() && (!found || std::ranges::equal(*found, *expected));
}

constexpr source narrow({.ipv4_prefix = 24, .ipv6_prefix = 48});

static_assert(gives(source(), {192, 0, 2, 7}, bytes{192, 0, 2, 7}));
static_assert(gives(narrow, {192, 0, 2, 7}, bytes{192, 0, 2}));
static_assert(gives(source({.ipv4_prefix = 8}), {192, 0, 2, 7}, bytes{192}));
static_assert(gives(source(), {0x20, 1, 0xd, 0xb8, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12},
                    bytes{0x20, 1, 0xd, 0xb8, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}));
static_assert(gives(narrow, {0x20, 1, 0xd, 0xb8, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12},
                    bytes{0x20, 1, 0xd, 0xb8, 1, 2}));
static_assert(gives(source({.ipv6_prefix = 8}), {0x20, 1, 0xd, 0xb8, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12},
                    bytes{0x20}));

// An IPv4 address in IPv6 clothing, and what only looks like one.
static_assert(gives(source(), {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 7}, bytes{192, 0, 2, 7}));
static_assert(gives(narrow, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 7}, bytes{192, 0, 2}));
static_assert(gives(narrow, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xfe, 192, 0, 2, 7}, bytes{0, 0, 0, 0, 0, 0}));
static_assert(gives(narrow, {1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 7}, bytes{1, 0, 0, 0, 0, 0}));
static_assert(gives(narrow, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, bytes{0, 0, 0, 0, 0, 0}));

static_assert(gives(source(), {}, std::nullopt));
static_assert(gives(source(), {192, 0, 2}, std::nullopt));
static_assert(gives(source(), {192, 0, 2, 7, 0}, std::nullopt));
static_assert(gives(source(), {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2}, std::nullopt));
static_assert(gives(source(), {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}, std::nullopt));

static_assert(noexcept(std::declval<const source&>()(std::span<const std::uint8_t>())));

} // namespace

TEST_CASE("keys::source gives the first bytes of the address itself, whatever the prefixes") {
    test::random_source random(1);
    for (int i = 0; i < 20'000; ++i) {
        const std::uint32_t ipv4 = 8 * random.between(1, 4);
        const std::uint32_t ipv6 = 8 * random.between(1, 16);
        const bool mapped = random.one_in(3);
        bytes address(mapped || random.one_in(2) ? 16 : random.between(0, 20));
        for (std::uint8_t& byte : address) byte = static_cast<std::uint8_t>(random.below(256));
        if (mapped) {
            std::fill_n(address.begin(), 12, std::uint8_t{0});
            address[10] = address[11] = 0xff;
            if (random.one_in(4)) address[random.index(12)] ^= 1U;
        }
        const source key({.ipv4_prefix = ipv4, .ipv6_prefix = ipv6});
        const auto found = key(address);

        const std::string text(address.begin(), address.end());
        const bool unmaps = text.size() == 16 && text.starts_with(std::string(10, '\0') + "\xff\xff");
        REQUIRE(found.has_value() == (address.size() == 4 || address.size() == 16));
        if (!found) continue;
        REQUIRE(found->data() == address.data() + (unmaps ? 12 : 0));
        REQUIRE(found->size() * 8 == (unmaps || address.size() == 4 ? ipv4 : ipv6));
    }
}

TEST_CASE("keys::source refuses prefixes that are no whole bytes of an address") {
    for (std::uint32_t bits = 0; bits < 300; ++bits) {
        INFO("prefix " << bits);
        const bool whole = bits != 0 && bits % 8 == 0;
        if (whole && bits <= 32) {
            CHECK_NOTHROW(source({.ipv4_prefix = bits}));
        } else {
            CHECK_THROWS_AS(source({.ipv4_prefix = bits}), std::invalid_argument);
        }
        if (whole && bits <= 128) {
            CHECK_NOTHROW(source({.ipv6_prefix = bits}));
        } else {
            CHECK_THROWS_AS(source({.ipv6_prefix = bits}), std::invalid_argument);
        }
    }
    CHECK_THROWS_MATCHES(source({.ipv4_prefix = 20}), std::invalid_argument,
                         Message("poise: keys::source: ipv4_prefix 20 (expected 8, 16, 24 or 32)"));
    CHECK_THROWS_MATCHES(source({.ipv6_prefix = 0}), std::invalid_argument,
                         Message("poise: keys::source: ipv6_prefix 0 (expected a multiple of 8 from 8 to 128)"));
}
