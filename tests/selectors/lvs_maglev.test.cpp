// SPDX-License-Identifier: MIT
#include <poise/selectors/lvs_maglev.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>

#include <array>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "support/literal_lvs_hash.hpp"

using namespace test;
using poise::key_hash;
using poise::lvs_id;
using poise::lvs_maglev;
using poise::slot;

namespace {

using ipv4 = std::array<std::uint8_t, 4>;
using ipv6 = std::array<std::uint8_t, 16>;

static_assert(lvs_id(ipv4{10, 0, 0, 1}, 80) == (0x0a000001ULL << 16U | 80U));
static_assert(lvs_id(ipv4{10, 0, 0, 1}, 81) != lvs_id(ipv4{10, 0, 0, 2}, 80), "equal places, different ids");
static_assert(lvs_id(ipv6{1, 0, 0, 0, 0, 2}, 80, 3) == (3ULL << 48U | 0x01020000ULL << 16U | 80U));
static_assert(lvs_id(std::span<const std::uint8_t>{}, 7) == 7);

constexpr bool works_in_constant_evaluation() {
    lvs_maglev selector({.places = 251});
    selector.assign(poise::members({5, 1, 1}));
    const auto chosen = selector.select(key_hash{1});
    return chosen && !selector.select(key_hash{1}, [chosen](slot where) { return where != chosen; });
}
static_assert(works_in_constant_evaluation());

std::vector<poise::member> three(std::array<std::uint32_t, 3> weights) {
    std::vector<poise::member> members;
    for (std::uint8_t i = 0; i < 3; ++i) {
        members.push_back({.id = lvs_id(ipv4{10, 0, 0, static_cast<std::uint8_t>(i + 1)}, 80), .weight = weights[i]});
    }
    return members;
}

std::string table(const lvs_maglev& selector) {
    std::string places;
    for (std::size_t i = 0; i < selector.positions(); ++i) {
        places += "abc"[static_cast<std::size_t>(*selector.at(i))];
    }
    return places;
}

/// `steps` of a selector beside the model, in one configuration; ids as LVS makes them.
void live(unsigned places, unsigned tab_index, bool fallback, std::uint64_t seeds, int steps) {
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        INFO("seed " << seed);
        lvs::life life(seed);
        if (seed % 2 == 0) life.heaviest = 65535;
        lvs_maglev selector({.places = places, .fallback = fallback});
        lvs::maglev_table model{.size = places, .tab_index = tab_index, .fallback = fallback};
        for (int step = 0; step < steps; ++step) {
            if (life.step(selector)) model.changed(life.svc);
            const std::uint32_t address = life.random.below(0xffffffffU);
            const auto port = static_cast<std::uint16_t>(life.random.below(65536));
            lvs::require_same(selector.select(key_hash{address + port}, life.accept()),
                              model.schedule(life.svc, address, port));
        }
    }
}

} // namespace

TEST_CASE("lvs_maglev does as IPVS's mh does, step for step") {
    live(251, 8, false, 100, 10'000); // a million
    live(4093, 12, false, 20, 2'000);
    live(8191, 13, false, 3, 1'000);
}
TEST_CASE("lvs_maglev does as IPVS's mh with mh-fallback does, step for step") {
    live(251, 8, true, 100, 10'000); // a million
    live(4093, 12, true, 20, 2'000);
}
TEST_CASE("lvs_maglev: every size of the kernel's tables") {
    for (const auto& [places, index] :
         {std::pair{509U, 9U}, std::pair{1021U, 10U}, std::pair{2039U, 11U}, std::pair{16381U, 14U},
          std::pair{32749U, 15U}, std::pair{65521U, 16U}, std::pair{131071U, 17U}}) {
        live(places, index, true, 2, 100);
    }
}

// From a few lines of Python, whose SipHash gives the paper's vector.
TEST_CASE("lvs_maglev: the table of 10.0.0.1:80, 10.0.0.2:80 and 10.0.0.3:80") {
    lvs_maglev small({.places = 251});
    small.assign(three({5, 1, 1}));
    CHECK(table(small).substr(0, 64) == "aaaaaabbbaaaaaaaabaaaaaabbbaaaaaaaaaaaaaaaabaaaaacaabaacaaaaabca");
    CHECK(std::ranges::count(table(small), 'a') == 180);
    lvs_maglev selector;
    selector.assign(three({1, 1, 1}));
    CHECK(table(selector).substr(0, 64) == "abbccabccaabbaacbbaacbccbabaaccbaccbcacababbabbcccbcccabbbaabbaa");
    selector.assign(three({5, 1, 1}));
    std::string owners;
    for (std::uint8_t i = 0; i < 8; ++i) {
        owners += "abc"[static_cast<std::size_t>(*selector.select(*lvs_maglev::key(ipv4{192, 168, i, 7})))];
    }
    CHECK(owners == "aabaccab");
}

TEST_CASE("lvs_maglev: who is quiesced keeps its places, and who comes without weight has none") {
    lvs_maglev selector;
    selector.assign(three({5, 1, 1}));
    const std::string before = table(selector);
    selector.assign(three({0, 1, 1}));
    std::uint64_t nobody = 0;
    for (std::uint32_t key = 0; key < 1000; ++key) {
        lvs_maglev whole;
        whole.assign(three({5, 1, 1}));
        const auto owner = whole.select(key_hash{key});
        const auto chosen = selector.select(key_hash{key});
        CHECK((chosen == owner || (!chosen && owner == slot{0})));
        nobody += chosen ? 0U : 1U;
    }
    CHECK(nobody > 500);
    selector.assign(three({5, 1, 1}));
    CHECK(table(selector) == before);
    lvs_maglev fresh;
    fresh.assign(three({0, 1, 1}));
    CHECK(table(fresh).find('a') == std::string::npos);
    CHECK(fresh.select(key_hash{1}));
}

TEST_CASE("law 5, the exception: lvs_maglev remembers weights, and goes by the order of the members", "[laws]") {
    STATIC_REQUIRE(poise::breaks<lvs_maglev>(poise::law::purity));
    lvs_maglev with_memory;
    with_memory.assign(three({5, 1, 1}));
    with_memory.assign(three({0, 1, 1}));
    lvs_maglev without;
    without.assign(three({0, 1, 1}));
    CHECK(with_memory != without);
    CHECK(with_memory.fingerprint() != without.fingerprint());
    auto turned = three({1, 1, 1});
    std::ranges::reverse(turned);
    lvs_maglev one;
    lvs_maglev other;
    one.assign(three({1, 1, 1}));
    other.assign(turned);
    CHECK(one.fingerprint() != other.fingerprint());
}

TEST_CASE("law 1, the exception: lvs_maglev chooses nobody for a place whose member may not be chosen", "[laws]") {
    STATIC_REQUIRE(poise::breaks<lvs_maglev>(poise::law::totality));
    const auto missed = [](bool fallback, std::uint32_t weight_of_others) {
        lvs_maglev selector({.places = 251, .fallback = fallback});
        std::vector<poise::member> members(21);
        for (std::size_t i = 0; i < members.size(); ++i) members[i] = {.id = i, .weight = weight_of_others};
        members.back().weight = 1;
        selector.assign(members);
        const auto is_last = [](slot where) {
            return where == slot{20};
        };
        int nobody = 0;
        for (std::uint32_t key = 0; key < 2000; ++key) nobody += selector.select(key_hash{key * 7919}, is_last) ? 0 : 1;
        return nobody;
    };
    CHECK(missed(false, 1) > 1500);
    CHECK(missed(true, 1) < 10);
    CHECK(missed(true, 15) > 200); // one place of 251, which the hashes with 251 offsets need not meet
}

TEST_CASE("lvs_maglev: what it cannot be is refused") {
    for (const std::uint32_t places : {0U, 1U, 250U, 4096U, 131072U}) {
        CHECK_THROWS_MATCHES(
            lvs_maglev({.places = places}), std::invalid_argument,
            Catch::Matchers::Message("poise: lvs_maglev: places " + std::to_string(places) +
                                     " (expected 251, 509, 1021, 2039, 4093, 8191, 16381, 32749, 65521 or 131071)"));
    }
    lvs_maglev selector({.places = 251});
    selector.assign(three({1, 2, 3}));
    const lvs_maglev before = selector;
    std::vector<poise::member> many(252);
    for (std::size_t i = 0; i < many.size(); ++i) many[i] = {.id = i};
    CHECK_THROWS_AS(selector.assign(many), std::invalid_argument);
    CHECK(selector == before);
    many.pop_back();
    CHECK_NOTHROW(selector.assign(many));
}
