// SPDX-License-Identifier: MIT
#include <poise/selectors/modulo_hash.hpp>

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <stdexcept>
#include <string>

#include <poise/hashes/crc32.hpp>
#include <poise/hashes/hashed.hpp>

#include "support/literal_haproxy.hpp"
#include "support/random.hpp"

using namespace test;
using poise::key_hash;
using poise::modulo_hash;
using poise::slot;

namespace {

std::uint64_t id_at(const modulo_hash& selector, slot where) {
    return selector.members()[static_cast<std::size_t>(where)].id;
}

/// The first id from the position on that is not away.
std::optional<std::uint64_t> walk(const std::vector<std::uint64_t>& map, std::uint64_t position,
                                  const std::vector<std::uint64_t>& away) {
    for (std::size_t steps = 0; steps < map.size(); ++steps) {
        const std::uint64_t id = map[(position + steps) % map.size()];
        if (std::ranges::find(away, id) == away.end()) return id;
    }
    return std::nullopt;
}

std::string message_of(modulo_hash& selector, const std::vector<poise::member>& members) {
    try {
        selector.assign(members);
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
    return "nothing was thrown";
}

} // namespace

TEST_CASE("modulo_hash: the member at the key modulo the size of HAProxy's map, or the next that may be chosen") {
    for (std::uint64_t seed = 1; seed <= 500; ++seed) {
        INFO("seed " << seed);
        random_source random(seed);
        const std::uint32_t most = random.between(1, 20);
        auto members = random_members(random, most, random.one_in(2) ? 5 : 200);
        const std::uint32_t factor = random.one_in(2) ? 1 : random.between(2, 1000);
        for (poise::member& m : members) m.weight *= factor;
        const auto map = literal_haproxy_map(members);
        modulo_hash selector;
        selector.assign(members);
        REQUIRE(selector.positions() == map.size());
        if (map.empty()) {
            REQUIRE_FALSE(selector.select(key_hash{1}));
            continue;
        }
        std::vector<std::uint64_t> down;
        for (std::size_t i = 0; i < members.size(); ++i) {
            if (!random.one_in(4)) continue;
            selector.disable(static_cast<slot>(i));
            down.push_back(members[i].id);
        }
        for (int i = 0; i < 100; ++i) {
            const std::uint64_t number = i % 2 == 0 ? std::uint64_t{random.below(0xffffffffU)} << 32U : 0;
            const std::uint64_t key = number | random.below(0xffffffffU);
            auto away = random_ids(random, members, 3);
            const auto rejected = away;
            away.insert(away.end(), down.begin(), down.end());
            const auto chosen = selector.select(key_hash{key}, poise::except(rejected));
            const auto expected = walk(map, key % map.size(), away);
            REQUIRE(chosen.has_value() == expected.has_value());
            if (chosen) REQUIRE(id_at(selector, *chosen) == *expected);
        }
    }
}

TEST_CASE("modulo_hash: keys near 2^32 and 2^64") {
    for (std::uint32_t second = 1; second <= 300; ++second) {
        modulo_hash selector;
        selector.assign(poise::members({1, second, 2}));
        const auto map = literal_haproxy_map(selector.members());
        bool same = true;
        for (std::uint64_t base : {std::uint64_t{0}, std::uint64_t{1} << 32U, std::uint64_t{1} << 63U}) {
            for (std::uint64_t offset = 0; offset < 700; ++offset) {
                for (const std::uint64_t key : {base + offset, base - offset}) {
                    same &= id_at(selector, selector.select(key_hash{key}).value()) == map[key % map.size()];
                }
            }
        }
        REQUIRE(same);
    }
}

TEST_CASE("modulo_hash: positions, next and at agree with select") {
    modulo_hash selector;
    selector.assign(poise::members({5, 1, 1, 0}));
    CHECK(selector.positions() == 7);
    const auto not_a = [](slot where) {
        return where != slot{0};
    };
    const std::array<std::size_t, 7> next_without_a{3, 3, 3, 3, 6, 6, 6};
    for (std::size_t position = 0; position < 21; ++position) {
        CAPTURE(position);
        CHECK(selector.next(position) == position % 7);
        CHECK(selector.at(position) == selector.select(key_hash{position}));
        CHECK(selector.next(position, not_a) == next_without_a[position % 7]);
        CHECK(selector.at(position, not_a) == selector.select(key_hash{position}, not_a));
    }
    CHECK_FALSE(selector.next(0, [](slot) { return false; }));
    CHECK_FALSE(selector.at(0, [](slot) { return false; }));
    selector.assign({});
    CHECK(selector.positions() == 0);
    CHECK_FALSE(selector.next(0));
    CHECK_FALSE(selector.at(5));
}

TEST_CASE("modulo_hash: a heavy member that may not be chosen costs a few questions") {
    modulo_hash selector;
    selector.assign(poise::members({1, 1'000'000}));
    const auto light = selector.next(0, [](slot where) { return where == slot{0}; });
    REQUIRE(light);
    for (const std::uint64_t key :
         {std::uint64_t{0}, std::uint64_t{*light}, std::uint64_t{*light} + 1, ~std::uint64_t{0}}) {
        std::size_t questions = 0;
        const auto chosen = selector.select(key_hash{key}, [&questions](slot where) {
            ++questions;
            return where == slot{0};
        });
        CHECK(chosen == slot{0});
        CHECK(questions <= 2 * selector.size() + 1);
        questions = 0;
        CHECK_FALSE(selector.select(key_hash{key}, [&questions](slot) { return ++questions == 0; }));
        CHECK(questions <= 2 * selector.size() + 1);
    }
}

TEST_CASE("modulo_hash: a larger table is refused by name, and nothing has changed") {
    modulo_hash selector;
    selector.assign(poise::members({2, 1}));
    const modulo_hash before = selector;
    const std::string refused = "poise: modulo_hash: number of positions ";
    CHECK(message_of(selector, poise::members({16'777'216, 1})).starts_with(refused + "16777217 (expected"));
    CHECK(
        message_of(selector, poise::members({4294967295U, 4294967294U})).starts_with(refused + "8589934589 (expected"));
    CHECK(selector == before);
    CHECK(modulo_hash::max_positions == 16'777'216);
    selector.assign(poise::members({4294967294U, 2147483647U}));
    CHECK(selector.positions() == 3);
}

TEST_CASE("modulo_hash: the mapping and its fingerprint are pinned") {
    modulo_hash selector;
    selector.assign(std::vector<poise::member>{{11, 4}, {7, 2}, {1ULL << 40U, 5}});
    std::vector<std::uint64_t> ids;
    for (const std::string_view key : {"a", "abc", "/", "/index.html", "user1", "user2", "10.0.0.1"}) {
        ids.push_back(id_at(selector, selector.select(poise::hashed(key, poise::hashes::crc32{})).value()));
    }
    CHECK(ids == std::vector<std::uint64_t>{11, 1ULL << 40U, 1ULL << 40U, 11, 1ULL << 40U, 11, 11});
    CHECK(selector.fingerprint() == 0x1123fb7e7d72e1d9U);
    CHECK(modulo_hash().fingerprint() == 0xcbf29ce484222325U);
}
