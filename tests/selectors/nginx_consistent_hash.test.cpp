// SPDX-License-Identifier: MIT
#include <poise/selectors/nginx_consistent_hash.hpp>

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <stdexcept>
#include <string>
#include <vector>

#include <poise/hashes/hashed.hpp>

#include "support/literal_nginx_hash.hpp"
#include "support/random.hpp"

using namespace test;
using poise::ketama_id;
using poise::key_hash;
using poise::nginx_consistent_hash;
using poise::slot;

namespace {

constexpr key_hash key_of(std::string_view text) {
    return poise::hashed(text, poise::hashes::crc32{});
}

/// What a running nginx answered.
constexpr bool recorded(std::string_view key, std::uint32_t expected) {
    nginx_consistent_hash selector;
    selector.assign(std::vector<poise::member>{
        {ketama_id("127.0.0.1:19001"), 1}, {ketama_id("127.0.0.1:19002"), 1}, {ketama_id("127.0.0.1:19003"), 1}});
    return selector.select(key_of(key)) == slot{expected};
}
static_assert(recorded("user2", 1));
static_assert(recorded("/index.html", 2));

struct scale {
    std::uint32_t servers;   // different ones
    std::uint32_t addresses; // all, so some servers have several
    std::uint32_t heaviest;
};

std::vector<poise::member> random_addresses(random_source& random, scale of) {
    std::vector<poise::member> members;
    for (std::uint32_t place = random.between(0, 1); place < of.addresses; ++place) {
        const std::uint64_t server = ketama_id("name" + std::to_string(random.below(of.servers)), place);
        members.push_back({server, random.one_in(8) ? 0 : random.between(1, of.heaviest)});
    }
    if (random.one_in(2)) random.shuffle(members);
    return members;
}

std::string random_key(random_source& random) {
    std::string key(random.between(1, 20), ' ');
    for (char& c : key) c = static_cast<char>(random.below(256));
    return key;
}

/// nginx and the selector through the same requests; how many choices were left to the round robin.
int side_by_side(std::uint64_t seed, scale of, int requests) {
    INFO("seed " << seed << ", servers " << of.servers << ", addresses " << of.addresses);
    nginx_requests<nginx_consistent_hash, literal_consistent_hash> both(seed, static_cast<std::uint32_t>(seed % 4));
    for (int step = 0; step < requests; ++step) {
        if (step == 0 || both.random.one_in(30)) both.assign(random_addresses(both.random, of));
        if (both.random.one_in(5)) both.change(both.random.one_in(2) ? 2 : 12);
        const literal_request request{.key = random_key(both.random)};
        if (both.random.one_in(6)) {
            both.request_among(request, key_of(request.key));
        } else if (both.random.one_in(6)) {
            both.request({}, std::nullopt);
        } else {
            both.request(request, key_of(request.key));
        }
    }
    return both.after_20;
}

/// The server whose first point is this: CRC-32 backwards over four bytes of zeros.
constexpr std::uint32_t server_with_first_point(std::uint32_t point) {
    std::uint32_t state = ~point;
    for (int bit = 0; bit < 32; ++bit) {
        state = (state & 0x80000000U) != 0 ? ((state ^ 0xedb88320U) << 1U) | 1U : state << 1U;
    }
    return state;
}

std::string message_of(nginx_consistent_hash& selector, const std::vector<poise::member>& members) {
    try {
        selector.assign(members);
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
    return "nothing was thrown";
}

} // namespace

TEST_CASE("nginx_consistent_hash: whole requests with their retries, as nginx makes them") {
    int after_20 = 0;
    for (std::uint64_t seed = 1; seed <= 250; ++seed) {
        after_20 += side_by_side(seed, {.servers = 3, .addresses = 5, .heaviest = 2}, 60);
        after_20 += side_by_side(seed, {.servers = 1000, .addresses = 6, .heaviest = 4}, 60);
        after_20 += side_by_side(seed, {.servers = 2, .addresses = 2, .heaviest = 20}, 60);
        after_20 += side_by_side(seed, {.servers = 1, .addresses = 4, .heaviest = 3}, 60);
        after_20 += side_by_side(seed, {.servers = 1000, .addresses = 1, .heaviest = 1}, 20);
    }
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
        after_20 += side_by_side(seed, {.servers = 50, .addresses = 64, .heaviest = 8}, 60);
        after_20 += side_by_side(seed, {.servers = 3, .addresses = 4, .heaviest = 256}, 40);
    }
    CHECK(after_20 > 500);
}

TEST_CASE("nginx_consistent_hash: past 20 points of others the 21st decides, past 21 the round robin") {
    const std::vector<poise::member> members{
        {ketama_id("a", 0), 60}, {ketama_id("b", 1), 1}, {ketama_id("c", 2), 60}, {ketama_id("d", 3), 1}};
    literal_consistent_hash model;
    model.assign(members);
    nginx_consistent_hash selector;
    selector.assign(members);
    for (const slot down : {slot{0}, slot{2}}) selector.disable(down);
    std::array<int, 23> seen{};
    int turns = 0;
    for (int n = 0; n < 6000; ++n) {
        const std::string text = "key" + std::to_string(n);
        const std::uint32_t hash = literal_crc32(text);
        const auto first = std::ranges::lower_bound(model.points, hash, {}, &literal_consistent_hash::point::hash);
        auto place = static_cast<std::size_t>(first - model.points.begin());
        const auto is_up = [&](std::uint32_t server) {
            return server == static_cast<std::uint32_t>(members[1].id) ||
                   server == static_cast<std::uint32_t>(members[3].id);
        };
        std::size_t passed = 0;
        for (; !is_up(model.points[place % model.points.size()].server); ++place) ++passed;
        ++seen[std::min<std::size_t>(passed, 22)];
        const bool first_one =
            model.points[place % model.points.size()].server == static_cast<std::uint32_t>(members[1].id);
        const bool by_ring = passed <= 20;
        const bool expects_b = by_ring ? first_one : turns++ % 2 == 0;
        REQUIRE(selector.select(key_of(text)) == (expects_b ? slot{1} : slot{3}));
    }
    CHECK(seen[20] > 10);
    CHECK(seen[21] > 10);
}

TEST_CASE("nginx_consistent_hash: addresses of one name take turns, by weight") {
    nginx_consistent_hash selector;
    selector.assign(std::vector<poise::member>{
        {ketama_id("name:80", 0), 2}, {ketama_id("name:80", 1), 1}, {ketama_id("other", 2), 1}});
    nginx_consistent_hash others;
    others.assign(std::vector<poise::member>{{ketama_id("name:80", 0), 2}, {ketama_id("other", 2), 1}});
    std::string turns;
    for (int n = 0; turns.size() < 9; ++n) {
        const key_hash key = key_of("key" + std::to_string(n));
        const auto chosen = selector.select(key);
        if (others.select(key) == slot{1}) {
            CHECK(chosen == slot{2});
        } else {
            turns += static_cast<char>('a' + static_cast<int>(chosen.value()));
        }
    }
    CHECK(turns == "abaabaaba");
}

TEST_CASE("nginx_consistent_hash: a point of two servers is that of the first in the configuration") {
    std::array<std::uint32_t, 5> points{};
    const auto server = static_cast<std::uint32_t>(ketama_id("10.0.0.1:80"));
    poise::ketama_layout::place(server, points);
    const std::uint32_t twin = server_with_first_point(points[4]);
    std::array<std::uint32_t, 1> first{};
    poise::ketama_layout::place(twin, first);
    REQUIRE(first[0] == points[4]);
    const auto with_places = [&](std::uint64_t place, std::uint64_t place_of_twin) {
        const std::vector<poise::member> members{{place << 32U | server, 1}, {place_of_twin << 32U | twin, 1}};
        nginx_consistent_hash selector;
        selector.assign(members);
        literal_consistent_hash model;
        model.assign(members);
        CHECK(model.points.size() < 320);
        const auto chosen = selector.select(key_hash{points[4]});
        selector.disable(chosen.value());
        CHECK(selector.select(key_hash{points[4]}) != chosen);
        return chosen;
    };
    CHECK(with_places(0, 1) == slot{0});
    CHECK(with_places(1, 0) == slot{1});
}

TEST_CASE("nginx_consistent_hash: for a first try, the ring of ketama_ring") {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        INFO("seed " << seed);
        random_source random(seed);
        std::vector<poise::member> members;
        for (std::uint32_t place = 0; place < random.between(1, 9); ++place) {
            members.push_back({ketama_id("host" + std::to_string(place), place), random.below(4)});
        }
        nginx_consistent_hash selector;
        selector.assign(members);
        poise::ketama_ring ring;
        ring.assign(members);
        for (int n = 0; n < 200; ++n) {
            const std::uint64_t above = std::uint64_t{random.below(9)} << 32U; // does not count
            const std::uint32_t hash =
                n < 3 ? std::array{0U, 1U, 0xffffffffU}[static_cast<std::size_t>(n)] : random.below(0xffffffffU);
            REQUIRE(selector.select(key_hash{above | hash}) == ring.select(key_hash{hash}));
        }
    }
}

TEST_CASE("nginx_consistent_hash: without a key it is smooth weighted round robin; without members, nobody") {
    nginx_consistent_hash selector;
    CHECK_FALSE(selector.select());
    CHECK_FALSE(selector.select(key_hash{1}));
    selector.assign(poise::members({0, 0}));
    CHECK_FALSE(selector.select(key_hash{1}));
    selector.assign(poise::members({5, 1, 1}));
    std::string order;
    for (int i = 0; i < 7; ++i) order += static_cast<char>('a' + static_cast<int>(selector.select().value()));
    CHECK(order == "aabacaa");
    const nginx_consistent_hash before = selector;
    selector.failed(slot{0}, 0);
    selector.failed(slot{9});
    CHECK(selector == before);
    selector.failed(slot{0});
    CHECK(selector != before);
    CHECK(selector.fingerprint() == before.fingerprint());
    CHECK(selector.select() == slot{1});
    selector.reset();
    CHECK(selector == before);
    CHECK(nginx_consistent_hash({.max_fails = 2}) != nginx_consistent_hash({.max_fails = 3}));
}

TEST_CASE("nginx_consistent_hash: what it refuses, it refuses by name, and nothing has changed") {
    nginx_consistent_hash selector;
    selector.assign(poise::members({2, 1}));
    const nginx_consistent_hash before = selector;
    CHECK(message_of(selector, {{1, 1}, {1, 2}}) ==
          "poise: nginx_consistent_hash: duplicate member id 1 (expected ids that differ)");
    CHECK(message_of(selector, poise::members({419'430, 1})) ==
          "poise: nginx_consistent_hash: number of points 67108960 (expected at most 67108864)");
    CHECK(selector == before);
}
