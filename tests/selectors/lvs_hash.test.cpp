// SPDX-License-Identifier: MIT
#include <poise/selectors/lvs_hash.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>

#include <array>
#include <set>
#include <stdexcept>
#include <vector>

#include <poise/selectors/keyed_or.hpp>

#include "support/literal_lvs_hash.hpp"

using namespace test;
using Catch::Matchers::Message;
using poise::key_hash;
using poise::lvs_deal;
using poise::lvs_hash;
using poise::lvs_hashing;
using poise::slot;

namespace {

using ipv4 = std::array<std::uint8_t, 4>;
using ipv6 = std::array<std::uint8_t, 16>;

constexpr key_hash in_bucket(unsigned bucket) { // the first number whose product falls there
    std::uint32_t number = 0;
    while ((number * 0x61c88647U) >> 24U != bucket) ++number;
    return key_hash{number};
}

static_assert(lvs_hash::key(ipv4{10, 1, 2, 3}) == key_hash{0x0a010203});
static_assert(lvs_hash::key(ipv4{10, 1, 2, 3}, 80) == key_hash{0x0a010203 + 80});
static_assert(lvs_hash::key(ipv4{255, 255, 255, 255}, 2) == key_hash{1}, "32 bits");
static_assert(lvs_hash::key(ipv6{1, 0, 0, 0, 0, 2, 0, 0, 0, 0, 3, 0, 0, 0, 0, 4}) == key_hash{0x01020304});
static_assert(!lvs_hash::key(std::span<const std::uint8_t>{}));

constexpr bool buckets_go_by_weight_in_order() {
    lvs_hash selector;
    selector.assign(poise::members({2, 1, 0})); // a a b c a a b c ...
    return selector.select(in_bucket(0)) == slot{0} && selector.select(in_bucket(1)) == slot{0} &&
           selector.select(in_bucket(2)) == slot{1} && !selector.select(in_bucket(3)) &&
           selector.select(in_bucket(4)) == slot{0};
}
static_assert(buckets_go_by_weight_in_order());

/// A million steps of a selector beside the model, in one configuration.
void live(lvs_hash::options options, bool with_port) {
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        INFO("seed " << seed);
        lvs::life life(seed);
        if (seed % 3 == 0) life.heaviest = 90; // the last may have no bucket
        lvs_hash selector(options);
        lvs::bucket_table model{.dh = options.deal == lvs_deal::evenly,
                                .fallback = options.fallback,
                                .old_hash = options.hashing == lvs_hashing::before_linux_4_17};
        for (int step = 0; step < 10'000; ++step) {
            if (life.step(selector)) model.reassign(life.svc);
            const auto bits = life.random.below(0xffffffffU);
            const ipv4 address{static_cast<std::uint8_t>(bits >> 24U), static_cast<std::uint8_t>(bits >> 16U),
                               static_cast<std::uint8_t>(bits >> 8U), static_cast<std::uint8_t>(bits)};
            const auto port = with_port ? static_cast<std::uint16_t>(life.random.below(65536)) : std::uint16_t{0};
            lvs::require_same(selector.select(*lvs_hash::key(address, port), life.accept()),
                              model.schedule(life.svc, bits, port));
        }
    }
}

} // namespace

TEST_CASE("lvs_hash does as IPVS's sh does, step for step") {
    live({}, false);
}
TEST_CASE("lvs_hash does as IPVS's sh with sh-port and sh-fallback does, step for step") {
    live({.fallback = true}, true);
}
TEST_CASE("lvs_hash does as IPVS's sh of old with sh-fallback does, step for step") {
    live({.fallback = true, .hashing = lvs_hashing::before_linux_4_17}, false);
}
TEST_CASE("lvs_hash does as IPVS's dh does, step for step") {
    live({.deal = lvs_deal::evenly}, false);
    live({.deal = lvs_deal::evenly, .hashing = lvs_hashing::before_linux_4_17}, false);
}

// From a few lines of Python: (address * 0x61c88647 & 0xffffffff) >> 24, and address * 2654435761 & 255.
TEST_CASE("lvs_hash: the buckets of 192.168.0.7, 192.168.1.7, ...") {
    std::vector<poise::member> one_each(256);
    for (std::size_t i = 0; i < one_each.size(); ++i) one_each[i] = {.id = i};
    lvs_hash today({.deal = lvs_deal::evenly});
    lvs_hash of_old({.deal = lvs_deal::evenly, .hashing = lvs_hashing::before_linux_4_17});
    today.assign(one_each);
    of_old.assign(one_each);
    constexpr std::array<std::uint32_t, 6> buckets{11, 211, 156, 100, 45, 245};
    for (std::uint8_t i = 0; i < buckets.size(); ++i) {
        const auto key = *lvs_hash::key(ipv4{192, 168, i, 7});
        CHECK(today.select(key) == slot{buckets[i]});
        CHECK(of_old.select(key) == slot{215}); // all of them: the defect that was mended
    }
}

TEST_CASE("law 1, the exception: lvs_hash chooses nobody for a bucket whose member may not be chosen", "[laws]") {
    STATIC_REQUIRE(poise::breaks<lvs_hash>(poise::law::totality));
    lvs_hash strict;
    lvs_hash falls_back({.fallback = true});
    for (lvs_hash* selector : {&strict, &falls_back}) selector->assign(poise::members({1, 1}));
    CHECK(strict.select(in_bucket(0)) == slot{0});
    strict.disable(slot{0});
    falls_back.disable(slot{0});
    CHECK_FALSE(strict.select(in_bucket(0)));
    CHECK(strict.select(in_bucket(1)) == slot{1});
    CHECK(falls_back.select(in_bucket(0)) == slot{1});

    falls_back.assign(std::vector<poise::member>{{.id = 7, .weight = 256}, {.id = 8}});
    for (unsigned bucket = 0; bucket < 256; ++bucket) CHECK(falls_back.select(in_bucket(bucket)) == slot{0});
    CHECK_FALSE(falls_back.select(in_bucket(0), [](slot where) { return where == slot{1}; })); // it has no bucket
}

TEST_CASE("law 3, the exception: whoever joins drained takes a bucket of lvs_hash, and others' keys move", "[laws]") {
    STATIC_REQUIRE(poise::breaks<lvs_hash>(poise::law::survival));
    lvs_hash selector({.fallback = true});
    selector.assign(poise::members({1, 1}));
    CHECK(selector.select(in_bucket(2)) == slot{0});
    selector.assign(poise::members({1, 1, 0}));
    CHECK(selector.select(in_bucket(3)) == slot{0});
    CHECK_FALSE(selector.select(in_bucket(2)) == std::nullopt);
    CHECK(selector.select(in_bucket(4)) == slot{1});
}

TEST_CASE("law 5, the exception: lvs_hash deals out buckets in the order of the members", "[laws]") {
    STATIC_REQUIRE(poise::breaks<lvs_hash>(poise::law::purity));
    lvs_hash one;
    lvs_hash other;
    one.assign(std::vector<poise::member>{{.id = 1}, {.id = 2}});
    other.assign(std::vector<poise::member>{{.id = 2}, {.id = 1}});
    CHECK(one.select(in_bucket(0)) == other.select(in_bucket(0))); // the first of the list, whoever that is
    CHECK(one.fingerprint() != other.fingerprint());
}

TEST_CASE("lvs_hash: without a key, the buckets take turns") {
    poise::keyed_or<lvs_hash> selector;
    selector.assign(poise::members({2, 1}));
    std::vector<slot> turns;
    for (int i = 0; i < 6; ++i) turns.push_back(*selector.select());
    CHECK(turns == std::vector<slot>{slot{0}, slot{0}, slot{1}, slot{0}, slot{0}, slot{1}});
}

TEST_CASE("lvs_hash: options that are none are refused") {
    CHECK_THROWS_MATCHES(lvs_hash({.deal = lvs_deal::evenly, .fallback = true}), std::invalid_argument,
                         Message("poise: lvs_hash: fallback 1 (expected none with lvs_deal::evenly, which is dh)"));
    CHECK_THROWS_MATCHES(lvs_hash({.deal = static_cast<lvs_deal>(2)}), std::invalid_argument,
                         Message("poise: lvs_hash: deal 2 (expected by_weight or evenly)"));
    CHECK_THROWS_MATCHES(lvs_hash({.hashing = static_cast<lvs_hashing>(9)}), std::invalid_argument,
                         Message("poise: lvs_hash: hashing 9 (expected since_linux_4_17 or before_linux_4_17)"));
}
