// SPDX-License-Identifier: MIT
#include <poise/selectors/alias_table.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include <poise/random.hpp>

#include "support/quality.hpp"
#include "support/random.hpp"
#include "support/statistics.hpp"

using namespace test;
using poise::alias_table;
using poise::key_hash;
using poise::slot;

namespace {

/// A key that is spread to this place of the table: what the table multiplies keys by, undone.
key_hash key_at(std::uint64_t place) {
    constexpr std::uint64_t factor = 0x9e3779b97f4a7c15U;
    std::uint64_t inverse = factor; // right in its last three bits; each step doubles them
    for (int bits = 3; bits < 64; bits *= 2) inverse *= 2 - factor * inverse;
    return key_hash{place * inverse};
}

/// How many of so many places, evenly over the table, each member has.
std::vector<double> shares(const alias_table& table, std::uint64_t places) {
    std::vector<double> counts(table.size());
    const std::uint64_t step = std::numeric_limits<std::uint64_t>::max() / places;
    for (std::uint64_t i = 0; i < places; ++i) {
        ++counts[static_cast<std::size_t>(*table.select(key_at(i * step + step / 2)))];
    }
    return counts;
}

constexpr bool lives_in_constant_evaluation() {
    alias_table table;
    if (table.select(key_hash{1})) return false;
    table.assign(poise::members({1, 0, 3}));
    const std::array<std::uint64_t, 1> tried{2};
    return table.select(key_hash{1}, poise::except(tried)) == slot{0} && table.select(key_hash{7}) != slot{1};
}
static_assert(lives_in_constant_evaluation());

} // namespace

TEST_CASE("alias_table: each member has the part of all keys that its weight says") {
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        INFO("seed " << seed);
        random_source random(seed);
        auto members = random_members(random, 20, random.one_in(3) ? 0xffffffffU : random.between(1, 200));
        members.push_back({.id = 1000, .weight = 1});
        alias_table table;
        table.assign(members);
        constexpr std::uint64_t places = 100'000;
        const auto counts = shares(table, places);
        const auto sum = static_cast<double>(sum_of_weights(members));
        for (std::size_t i = 0; i < members.size(); ++i) {
            // a part begins and ends once in each column
            const auto columns = static_cast<double>(members.size());
            REQUIRE(std::abs(counts[i] - places * (members[i].weight / sum)) <= columns + 1);
            REQUIRE((counts[i] == 0) >= (members[i].weight == 0));
        }
    }
}

TEST_CASE("alias_table: many members of the largest weight") {
    std::vector<poise::member> members;
    for (std::uint64_t id = 0; id < 70'000; ++id) members.push_back({.id = id, .weight = 0xffffffffU});
    members.front().weight = 1;
    alias_table table;
    table.assign(members);
    const auto counts = shares(table, 700'000);
    CHECK(counts[0] == 0);
    CHECK(
        std::ranges::all_of(counts.begin() + 1, counts.end(), [](double count) { return count >= 9 && count <= 11; }));
}

TEST_CASE("alias_table: keys of who may not be chosen go to the others by weight, however little there is of them") {
    alias_table table;
    table.assign(poise::members({60, 1, 3, 0, 2}));
    const std::vector<std::uint64_t> tried{0};
    poise::splitmix64 random(1);
    std::vector<std::uint64_t> counts(5);
    for (int i = 0; i < 60'000; ++i) {
        ++counts[static_cast<std::size_t>(*table.select(key_hash{random()}, poise::except(tried)))];
    }
    CHECK((counts[0] == 0 && counts[3] == 0));
    for (const auto& [who, share] : {std::pair(1, 1.0 / 6), std::pair(2, 3.0 / 6), std::pair(4, 2.0 / 6)}) {
        CHECK(std::abs(static_cast<double>(counts[static_cast<std::size_t>(who)]) / 60'000 - share) < 0.02);
    }
    table.disable(slot{1});
    table.disable(slot{2});
    for (int i = 0; i < 1000; ++i) REQUIRE(table.select(key_hash{random()}, poise::except(tried)) == slot{4});
}

TEST_CASE("alias_table: whoever is down, key 0 goes on as other keys do") {
    std::vector<poise::member> members;
    for (std::uint64_t id = 0; id < 1000; ++id) members.push_back({.id = id});
    alias_table table;
    table.assign(members);
    const slot own = *table.select(key_hash{0});
    table.disable(own);
    const slot other = *table.select(key_hash{0});
    CHECK(static_cast<std::uint32_t>(other) != static_cast<std::uint32_t>(own) + 1); // no walk
}

TEST_CASE("alias_table: hashes of 32 bits and small numbers are spread, too") {
    alias_table table;
    table.assign(poise::members({1, 1, 1, 1, 1, 1, 1, 1}));
    for (const std::uint64_t factor : {1U, 1U << 20U}) {
        std::vector<std::uint64_t> counts(8);
        for (std::uint64_t key = 0; key < 8000; ++key)
            ++counts[static_cast<std::size_t>(*table.select(key_hash{key * factor}))];
        for (const std::uint64_t count : counts) CHECK((count > 900 && count < 1100));
    }
}
