// SPDX-License-Identifier: MIT
#include <poise/selectors/ip_hash.hpp>

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <string>
#include <vector>

#include "support/literal_nginx_hash.hpp"
#include "support/random.hpp"
#include "support/statistics.hpp"

using namespace test;
using poise::ip_hash;
using poise::ip_rehash;
using poise::slot;

namespace {

using ipv4 = std::array<std::uint8_t, 4>;

/// Weights 1, 1, 1: what a running nginx answered.
constexpr bool recorded(ipv4 address, std::uint32_t expected) {
    ip_hash selector;
    selector.assign(poise::members({1, 1, 1}));
    return selector.select(ip_hash::key(address).value()) == slot{expected};
}
static_assert(recorded({127, 0, 0, 1}, 2) && recorded({127, 0, 0, 255}, 2));
static_assert(recorded({127, 0, 1, 1}, 0) && recorded({127, 0, 2, 9}, 1));

template <class Bytes>
concept makes_a_key = requires(const Bytes& bytes) { ip_hash::key(bytes); };
static_assert(makes_a_key<ipv4> && !makes_a_key<std::string_view>, "an address is bytes, not text");

std::vector<std::uint8_t> random_address(random_source& random) {
    std::vector<std::uint8_t> address(random.one_in(2) ? 4 : 16);
    for (std::uint8_t& byte : address) byte = static_cast<std::uint8_t>(random.below(256));
    return address;
}

literal_request request_from(const std::vector<std::uint8_t>& address) {
    return {.key = std::string(address.begin(), address.end())};
}

} // namespace

TEST_CASE("ip_hash: an address has 4 bytes or 16") {
    for (std::size_t length = 0; length <= 40; ++length) {
        CAPTURE(length);
        const std::vector<std::uint8_t> address(length, 1);
        CHECK(ip_hash::key(address).has_value() == (length == 4 || length == 16));
    }
}

TEST_CASE("ip_hash: one step a retry is the hash over the address once more") {
    random_source random(1);
    for (int i = 0; i < 2000; ++i) {
        const auto address = random_address(random);
        ip_rehash ours(ip_hash::key(address).value());
        literal_request request = request_from(address);
        for (int retry = 0; retry <= 30; ++retry) REQUIRE(ours.next() == literal_network::next(request));
    }
}

TEST_CASE("ip_hash: any number is a key, as large as it may be") {
    for (const std::uint64_t number : {std::uint64_t{0}, std::uint64_t{0xffffffffU}, ~std::uint64_t{0}}) {
        ip_rehash hashes(poise::key_hash{number});
        for (int i = 0; i < 100; ++i) REQUIRE(hashes.next() < 6271);
    }
}

TEST_CASE("ip_hash: a network of 256 addresses goes to one member") {
    random_source random(1);
    ip_hash selector;
    selector.assign(poise::members({3, 1, 4, 1, 5}));
    for (int i = 0; i < 200; ++i) {
        ipv4 address{static_cast<std::uint8_t>(random.below(256)), static_cast<std::uint8_t>(random.below(256)),
                     static_cast<std::uint8_t>(random.below(256)), 0};
        const auto chosen = selector.select(ip_hash::key(address).value());
        for (int last = 1; last < 256; ++last) {
            address[3] = static_cast<std::uint8_t>(last);
            REQUIRE(selector.select(ip_hash::key(address).value()) == chosen);
        }
    }
}

TEST_CASE("ip_hash: an IPv4 address that is mapped into IPv6 is an IPv6 address") {
    std::array<std::uint8_t, 16> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1};
    CHECK(ip_hash::key(mapped) != ip_hash::key(ipv4{127, 0, 0, 1}));
    const auto first = ip_hash::key(mapped);
    mapped[15] = 2;
    CHECK(ip_hash::key(mapped) != first);
}

TEST_CASE("ip_hash: whole requests with their retries, as nginx makes them") {
    int after_20 = 0;
    int retries = 0;
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        INFO("seed " << seed);
        nginx_requests<ip_hash, literal_nginx_hash<literal_network>> both(seed, static_cast<std::uint32_t>(seed % 4));
        const std::uint32_t most = std::array{2U, 3U, 8U, 64U}[both.random.index(4)];
        const std::uint32_t heaviest = std::array{1U, 5U, 256U}[both.random.index(3)];
        for (int step = 0; step < 60; ++step) {
            if (step == 0 || both.random.one_in(15)) both.assign(random_members(both.random, most, heaviest));
            if (both.random.one_in(5)) both.change(both.random.one_in(2) ? 2 : 12);
            const auto address = random_address(both.random);
            if (both.random.one_in(6)) {
                both.request_among(request_from(address), ip_hash::key(address).value());
            } else {
                both.request(request_from(address), ip_hash::key(address));
            }
        }
        after_20 += both.after_20;
        retries += both.retries;
    }
    CHECK(after_20 > 1000);
    CHECK(retries > 1000);
}

TEST_CASE("ip_hash: shares of networks equal weights") {
    ip_hash selector;
    selector.assign(poise::members({7, 1, 3, 9}));
    std::array<std::uint64_t, 4> counts{};
    random_source random(3);
    for (int i = 0; i < 20'000; ++i) {
        const auto key = ip_hash::key(random_address(random)).value();
        ++counts[static_cast<std::size_t>(selector.select(key).value())];
    }
    const std::array<double, 4> shares{7, 1, 3, 9};
    CHECK(agree(counts, shares));
}
