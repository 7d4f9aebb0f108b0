// SPDX-License-Identifier: MIT
#include <poise/detail/haproxy_map.hpp>

#include <catch2/catch_test_macros.hpp>

#include <numeric>
#include <stdexcept>
#include <string>

#include "support/literal_haproxy.hpp"
#include "support/random.hpp"

using namespace test;
using poise::detail::haproxy_map;
using poise::detail::membership;

namespace {

std::vector<std::uint64_t> ids_of_map(const std::vector<poise::member>& members) {
    std::vector<std::uint64_t> ids;
    for (const poise::slot where : haproxy_map(membership(members, {}, "test"), 0, 1U << 24U, "test")) {
        ids.push_back(members[static_cast<std::size_t>(where)].id);
    }
    return ids;
}

std::string letters_of(std::initializer_list<std::uint32_t> weights) {
    std::string letters;
    for (const std::uint64_t id : ids_of_map(poise::members(weights))) letters += static_cast<char>('A' + id);
    return letters;
}

} // namespace

TEST_CASE("haproxy_map: what a running HAProxy chose by static-rr") {
    CHECK(letters_of({5, 1, 1}) == "AAABAAC");
    CHECK(letters_of({4, 3, 2}) == "ABABCAABC");
    CHECK(letters_of({1, 2, 3}) == "ACBCBC");
    CHECK(letters_of({3, 2, 1}) == "AABABC");
    CHECK(letters_of({}).empty());
    CHECK(letters_of({0, 0}).empty());
    CHECK(letters_of({0, 7}) == "B");
    CHECK(letters_of({4294967295U, 4294967295U}) == "AB");
}

TEST_CASE("haproxy_map: as HAProxy's loop makes it, for random weights") {
    for (std::uint64_t seed = 1; seed <= 1500; ++seed) {
        INFO("seed " << seed);
        random_source random(seed);
        const std::uint32_t most = random.between(1, 16);
        const std::uint32_t heaviest = random.one_in(2) ? 5 : random.between(1, 256);
        auto members = random_members(random, most, heaviest);
        const std::uint32_t factor = random.one_in(2) ? 1 : random.between(2, 50);
        for (poise::member& m : members) m.weight *= factor;
        REQUIRE(ids_of_map(members) == literal_haproxy_map(members));
    }
}

TEST_CASE("haproxy_map: as HAProxy's loop makes it, for one heavy and one light, and for many members") {
    CHECK(ids_of_map({{1, 1}, {2, 1'000'000}}) ==
          literal_haproxy_map(std::vector<poise::member>{{1, 1}, {2, 1'000'000}}));
    CHECK(ids_of_map({{1, 65'536}, {2, 3}, {3, 1}}) ==
          literal_haproxy_map(std::vector<poise::member>{{1, 65'536}, {2, 3}, {3, 1}}));
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
        random_source random(seed);
        std::vector<poise::member> members;
        for (std::uint64_t i = 0; i < 300; ++i) members.push_back({i * 7919 % 1009, random.below(40)});
        REQUIRE(ids_of_map(members) == literal_haproxy_map(members));
        for (poise::member& m : members) m.weight = 1;
        REQUIRE(ids_of_map(members) == literal_haproxy_map(members));
    }
}

TEST_CASE("haproxy_map: the largest table that is allowed, and one position more") {
    const auto positions = [](std::uint32_t first, std::uint32_t second) {
        const auto members = poise::members({first, second, 0});
        return haproxy_map(membership(members, {}, "test"), 0, 1000, "test").size();
    };
    CHECK(positions(1, 999) == 1000);
    CHECK(positions(2, 1998) == 1000);
    CHECK_THROWS_AS(positions(1, 1000), std::invalid_argument);
    CHECK_THROWS_AS(positions(4294967295U, 4294967294U), std::invalid_argument);
}
