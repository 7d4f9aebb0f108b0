// SPDX-License-Identifier: MIT
// The traps T1 to T7 of the systems that we reproduce or learn from: each test shows that we are not in it.
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <numeric>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <poise/poise.hpp>

#include "support/random.hpp"
#include "support/scripted_engine.hpp"

using poise::slot;

namespace {

std::vector<std::uint64_t> counts(auto& selector, std::uint64_t selections) {
    std::vector<std::uint64_t> result(selector.size());
    for (std::uint64_t i = 0; i < selections; ++i) ++result[static_cast<std::size_t>(selector.select().value())];
    return result;
}

} // namespace

// HAProxy since 3.2: whoever changes its weight comes as late as one who was down, after one step of its own from now.
TEST_CASE("T1: a changed weight does not put a member off", "[traps]") {
    poise::fast_weighted_round_robin first_turn;
    first_turn.assign(poise::members({1, 1, 1, 1}));
    CHECK(first_turn.select() == slot{0});
    first_turn.assign(poise::members({1, 1, 1, 2}));
    CHECK(first_turn.select() == slot{3}); // the heaviest of those who wait for a first turn
    // whoever has a turn before it keeps it with less weight
    for (std::size_t turns = 4; turns < 12; ++turns) {
        poise::fast_weighted_round_robin as_it_was;
        as_it_was.assign(poise::members({8, 8, 8, 8}));
        counts(as_it_was, turns);
        poise::fast_weighted_round_robin lighter = as_it_was;
        std::size_t last = 0; // whose turn is the last of the next four
        for (int i = 0; i < 4; ++i) last = static_cast<std::size_t>(as_it_was.select().value());
        auto members = poise::members({8, 8, 8, 8});
        members[last].weight = 7;
        lighter.assign(members);
        CHECK(counts(lighter, 4)[last] == 1);
    }
}

// HAProxy looks for the last dot one byte beyond the value.
TEST_CASE("T2: use_domain_only does not look beyond the value", "[traps]") {
    constexpr poise::keys::header domain({.use_domain_only = true});
    for (const std::string beyond : {".", "..", ".x", "", "x"}) {
        const std::string text = "example.com" + beyond;
        CHECK(domain(std::string_view(text).substr(0, 11)) == "example");
        const std::string dotless = "a.b" + beyond;
        CHECK(domain(std::string_view(dotless).substr(0, 3)) == "a");
        const std::string single = "localhost" + beyond;
        CHECK(domain(std::string_view(single).substr(0, 9)) == "localhost");
    }
}

// HAProxy adds up the weights before a server once, at its start.
TEST_CASE("T3: bounded loads go by the weights of now, and of who is up", "[traps]") {
    using bounded = poise::bounded_load<poise::haproxy_ring>;
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        INFO("seed " << seed);
        test::random_source random(seed);
        bounded changed({.balance_factor = 110});
        std::vector<poise::member> members;
        for (std::uint64_t id = 1; id <= 6; ++id) members.push_back({id, random.between(1, 9)});
        changed.assign(members);
        for (int i = 0; i < 50; ++i) changed.opened(static_cast<slot>(random.index(6)));
        for (poise::member& m : members) m.weight = random.between(1, 9);
        changed.assign(members);
        bounded fresh({.balance_factor = 110});
        fresh.assign(members);
        const auto same_connections = [&](bounded& other, const std::vector<poise::member>& everyone) {
            for (std::size_t i = 0; i < everyone.size(); ++i) {
                const auto here = static_cast<slot>(everyone[i].id - 1);
                for (std::uint64_t n = changed.connections(here); n > 0; --n) other.opened(static_cast<slot>(i));
            }
        };
        same_connections(fresh, members);
        for (std::size_t i = 0; i < members.size(); ++i) {
            REQUIRE(changed.limit(static_cast<slot>(i)) == fresh.limit(static_cast<slot>(i)));
        }
        // who is down: as with weight 0
        const std::size_t down = random.index(6);
        changed.disable(static_cast<slot>(down));
        auto without = members;
        without[down].weight = 0;
        bounded drained({.balance_factor = 110});
        drained.assign(without);
        same_connections(drained, without);
        for (std::size_t i = 0; i < members.size(); ++i) {
            if (i != down) REQUIRE(changed.limit(static_cast<slot>(i)) == drained.limit(static_cast<slot>(i)));
        }
    }
}

// HAProxy derived keys in another way in 3.0 and went back in 3.x: caches lost what they had, twice.
TEST_CASE("T4: where keys go is pinned", "[traps]") {
    const std::vector<poise::member> members{{1, 5}, {2, 1}, {3, 1}, {4, 20}};
    const auto print_of = [&members](auto selector) {
        selector.assign(members);
        return selector.fingerprint();
    };
    CHECK(print_of(poise::haproxy_ring()) == 0x8b6716430621aee4U);
    CHECK(print_of(poise::ketama_ring()) == 0xaaa891b86bbe8e3dU);
    CHECK(print_of(poise::modulo_hash()) == 0xd9e786153e67c077U);
    CHECK(print_of(poise::nginx_consistent_hash()) == 0xaaa891b86bbe8e3dU);
    CHECK(poise::hashed("abc") == poise::key_hash{0x989b4a209c1011c9U});
    CHECK(poise::nginx_hash::key(std::string_view("abc")) == poise::key_hash{0x3352441c2U});
    CHECK(poise::hashes::sdbm{}("abc") == 0x3025f862U);
    CHECK(poise::hashes::avalanche(poise::hashes::sdbm{}("abc")) == 0x274b4266U);
}

// trpc-cpp changes weights under a lock that many hold at once, yalantinglibs with none. Here what may be shared has a
// const select, and what is not const does not compile when it is const. The tsan preset runs this.
TEST_CASE("T5: threads share only what a selection does not change", "[traps][threads]") {
    STATIC_REQUIRE_FALSE(poise::shareable_selector<poise::smooth_weighted_round_robin>);
    STATIC_REQUIRE_FALSE(poise::shareable_selector<poise::fast_weighted_round_robin>);
    STATIC_REQUIRE_FALSE(poise::shareable_selector<poise::bounded_load<poise::modulo_hash>>);
    STATIC_REQUIRE_FALSE(poise::shareable_selector<poise::nginx_hash>);
    poise::haproxy_ring made;
    made.assign(poise::members({5, 1, 1, 3}));
    const poise::haproxy_ring& shared = made;
    const auto choices = [&shared] {
        std::vector<slot> result;
        for (std::uint64_t i = 0; i < 5000; ++i) {
            result.push_back(shared.select(poise::key_hash{i * 0x9e3779b97f4a7c15U}).value());
        }
        return result;
    };
    const std::vector<slot> alone = choices();
    std::array<std::vector<slot>, 4> together;
    std::vector<std::thread> threads;
    for (auto& result : together) threads.emplace_back([&result, &choices] { result = choices(); });
    for (std::thread& thread : threads) thread.join();
    for (const auto& result : together) CHECK(result == alone);
}

// Caddy indexes by the weights of all and takes the remainder among the available.
TEST_CASE("T6: when one is down, the others keep their proportions", "[traps]") {
    const std::vector<std::uint64_t> expected{50, 0, 30, 20};
    const auto with_one_down = [](auto selector) {
        selector.assign(poise::members({5, 7, 3, 2}));
        selector.disable(slot{1});
        return counts(selector, 100);
    };
    CHECK(with_one_down(poise::smooth_weighted_round_robin()) == expected);
    CHECK(with_one_down(poise::interleaved_weighted_round_robin()) == expected);
    CHECK(with_one_down(poise::fast_weighted_round_robin()) == expected);
    const auto with_one_drained = [](auto selector) {
        selector.assign(poise::members({5, 0, 3, 2}));
        return counts(selector, 100);
    };
    CHECK(with_one_drained(poise::static_round_robin()) == expected);
    CHECK(with_one_drained(poise::fast_weighted_round_robin()) == expected);
}

// Caddy keeps everyone who was the least loaded at some time, and draws among those.
TEST_CASE("T7: of two that are drawn the busier is not chosen", "[traps]") {
    const auto opened = [](auto& selector, std::array<int, 2> loads) {
        selector.assign(poise::members({1, 1}));
        for (std::size_t i = 0; i < 2; ++i) {
            for (int n = loads[i]; n > 0; --n) selector.opened(static_cast<slot>(i));
        }
    };
    for (const std::array<int, 2> loads : {std::array{5, 3}, std::array{3, 5}}) {
        const slot less = loads[0] < loads[1] ? slot{0} : slot{1};
        for (const std::vector<std::uint64_t>& draws : {std::vector<std::uint64_t>{0, 1}, {1, 0}}) {
            test::scripted_engine::say(draws, 2);
            poise::basic_nginx_random<test::scripted_engine> nginx({.draws = 2});
            opened(nginx, loads);
            CHECK(nginx.select() == less);
        }
        poise::random_draws haproxy({.draws = 64, .seed = 1});
        opened(haproxy, loads);
        for (int i = 0; i < 1000; ++i) REQUIRE(haproxy.select() == less);
    }
}
