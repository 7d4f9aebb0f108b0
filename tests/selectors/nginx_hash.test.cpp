// SPDX-License-Identifier: MIT
#include <poise/selectors/nginx_hash.hpp>

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <stdexcept>
#include <string>

#include "support/literal_nginx_hash.hpp"
#include "support/random.hpp"
#include "support/statistics.hpp"

using namespace test;
using poise::memcached_rehash;
using poise::nginx_hash;
using poise::slot;

namespace {

/// Weights 5, 1, 1: what a running nginx answered.
constexpr bool recorded(std::string_view key, std::uint32_t expected) {
    nginx_hash selector;
    selector.assign(poise::members({5, 1, 1}));
    return selector.select(nginx_hash::key(key)) == slot{expected};
}
static_assert(recorded("a", 0) && recorded("b", 1) && recorded("c", 2) && recorded("user1", 0) && recorded("42", 1));

constexpr bool retried() {
    nginx_hash selector;
    selector.assign(poise::members({1, 1, 1}));
    const poise::key_hash key = nginx_hash::key("a");
    const std::array<std::uint64_t, 3> all{0, 1, 2};
    const auto first = selector.select(key);
    const std::array<std::uint64_t, 1> tried{static_cast<std::uint64_t>(first.value())};
    const auto second = selector.select(key, poise::except(tried));
    return second.has_value() && second != first && !selector.select(key, poise::except(all)).has_value();
}
static_assert(retried());

std::string random_key(random_source& random, std::uint32_t longest) {
    std::string key(random.below(longest + 1), ' ');
    for (char& c : key) c = static_cast<char>(random.below(256));
    return key;
}

std::string message_of(nginx_hash& selector, const std::vector<poise::member>& members) {
    try {
        selector.assign(members);
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
    return "nothing was thrown";
}

} // namespace

TEST_CASE("nginx_hash: the hashes of retries are those of the number before the key, for every length") {
    random_source random(1);
    for (std::size_t length = 0; length <= 300; ++length) {
        std::string text(length, ' ');
        for (char& c : text) c = static_cast<char>(random.below(256));
        memcached_rehash ours(memcached_rehash::key(text));
        REQUIRE(ours.empty() == text.empty());
        literal_request request{.key = text};
        for (int retry = 0; retry <= 120; ++retry) REQUIRE(ours.next() == literal_memcached::next(request));
    }
}

TEST_CASE("nginx_hash: whole requests with their retries, as nginx makes them") {
    int after_20 = 0;
    int retries = 0;
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        INFO("seed " << seed);
        nginx_requests<nginx_hash, literal_nginx_hash<literal_memcached>> both(seed,
                                                                               static_cast<std::uint32_t>(seed % 4));
        const std::uint32_t most = std::array{2U, 3U, 8U, 64U}[both.random.index(4)];
        const std::uint32_t heaviest = std::array{1U, 5U, 256U}[both.random.index(3)];
        for (int step = 0; step < 60; ++step) {
            if (step == 0 || both.random.one_in(15)) both.assign(random_members(both.random, most, heaviest));
            if (both.random.one_in(5)) both.change(both.random.one_in(2) ? 2 : 12);
            const literal_request request{.key = random_key(both.random, both.random.one_in(8) ? 0 : 40)};
            if (both.random.one_in(6)) {
                both.request_among(request, nginx_hash::key(request.key));
            } else if (both.random.one_in(6)) {
                both.request({}, std::nullopt);
            } else {
                both.request(request, nginx_hash::key(request.key));
            }
        }
        after_20 += both.after_20;
        retries += both.retries;
    }
    CHECK(after_20 > 1000);
    CHECK(retries > 1000);
}

TEST_CASE("nginx_hash: the members may be listed in any order") {
    random_source random(1);
    for (int i = 0; i < 200; ++i) {
        auto members = random_members(random, 20, 256);
        nginx_hash one;
        one.assign(members);
        random.shuffle(members);
        nginx_hash other;
        other.assign(members);
        REQUIRE(one.fingerprint() == other.fingerprint());
        for (int n = 0; n < 50; ++n) {
            const auto key = nginx_hash::key(random_key(random, 20) + "k");
            const auto chosen = one.select(key);
            REQUIRE(chosen.has_value() == other.select(key).has_value());
            if (!chosen) continue;
            REQUIRE(one.members()[static_cast<std::size_t>(*chosen)].id ==
                    other.members()[static_cast<std::size_t>(other.select(key).value())].id);
        }
    }
}

TEST_CASE("nginx_hash: ids in another order than they were tried in are still rejected, and somebody is chosen") {
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        INFO("seed " << seed);
        random_source random(seed);
        const auto members = random_members(random, 9, 20);
        nginx_hash selector;
        selector.assign(members);
        for (int n = 0; n < 30; ++n) {
            auto away = random_ids(random, members, 2);
            away.push_back(away.empty() ? 1000 : away.front()); // a stranger, or somebody twice
            random.shuffle(away);
            bool anybody = false;
            for (const poise::member& m : members) {
                anybody |= m.weight > 0 && std::ranges::find(away, m.id) == away.end();
            }
            const auto chosen = selector.select(nginx_hash::key(random_key(random, 20)), poise::except(away));
            REQUIRE(chosen.has_value() == anybody);
            if (!chosen) continue;
            const poise::member& m = members[static_cast<std::size_t>(*chosen)];
            REQUIRE((m.weight > 0 && std::ranges::find(away, m.id) == away.end()));
        }
    }
}

TEST_CASE("nginx_hash: without a key, or with one member, it is smooth weighted round robin") {
    nginx_hash selector;
    CHECK_FALSE(selector.select());
    CHECK_FALSE(selector.select(nginx_hash::key("a")));
    selector.assign(poise::members({5, 1, 1}));
    std::string order;
    for (int i = 0; i < 7; ++i) {
        const auto chosen = i % 2 == 0 ? selector.select() : selector.select(nginx_hash::key(""));
        order += static_cast<char>('a' + static_cast<int>(chosen.value()));
    }
    CHECK(order == "aabacaa");
    selector.assign(poise::members({5, 0, 0}));
    CHECK(selector.select(nginx_hash::key("c")) == slot{0});
    selector.disable(slot{0});
    CHECK_FALSE(selector.select(nginx_hash::key("c")));
}

TEST_CASE("nginx_hash: a key leaves the round robin where it is, failures and reset do not") {
    nginx_hash selector;
    selector.assign(poise::members({2, 1}));
    const nginx_hash before = selector;
    CHECK(selector.select(nginx_hash::key("a")));
    CHECK(selector == before);
    selector.failed(slot{0}, 0);
    CHECK(selector == before);
    selector.failed(slot{7});
    CHECK(selector == before);
    selector.failed(slot{0});
    CHECK(selector != before);
    CHECK(selector.fingerprint() == before.fingerprint());
    CHECK(selector.select() == slot{1});
    selector.reset();
    CHECK(selector == before);
    CHECK(nginx_hash({.max_fails = 2}) != nginx_hash({.max_fails = 3}));
}

TEST_CASE("nginx_hash: shares of keys equal weights") {
    nginx_hash selector;
    selector.assign(poise::members({7, 1, 3, 9}));
    std::array<std::uint64_t, 4> counts{};
    for (int i = 0; i < 40'000; ++i) {
        ++counts[static_cast<std::size_t>(selector.select(nginx_hash::key("user" + std::to_string(i))).value())];
    }
    const std::array<double, 4> shares{7, 1, 3, 9};
    CHECK(agree(counts, shares));
}

TEST_CASE("nginx_hash: what it refuses, it refuses by name, and nothing has changed") {
    nginx_hash selector;
    selector.assign(poise::members({5, 1, 1}));
    const nginx_hash before = selector;
    CHECK(message_of(selector, {{1, 1}, {1, 2}}) ==
          "poise: nginx_hash: duplicate member id 1 (expected ids that differ)");
    CHECK(selector == before);
    CHECK(message_of(selector, poise::members({0xffffffffU, 0xffffffffU})) == "nothing was thrown");
    CHECK(selector.select(nginx_hash::key("a")) == slot{0}); // 15 bits end far below the second's
}
