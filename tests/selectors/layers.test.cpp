// SPDX-License-Identifier: MIT
// What is told to a selector around another reaches that one: keyed_or, bounded_load, with_backup, and each in another.
#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include <poise/poise.hpp>

#include "support/archetypes.hpp"
#include "support/random.hpp"

using namespace test;
using poise::bounded_load;
using poise::key_hash;
using poise::keyed_or;
using poise::slot;
using poise::with_backup;

namespace {

/// Everything that a selector may be told, by slot; the second number of a failure is what was allowed.
struct told_everything : modulo_selector {
    void opened(slot where) noexcept { ++open[where]; }
    void closed(slot where) noexcept { --open[where]; }
    void failed(slot where) noexcept { failures.emplace_back(where, 0U); }
    void failed(slot where, std::uint32_t max_fails) noexcept { failures.emplace_back(where, max_fails); }
    void succeeded(slot where) noexcept { ++successes[where]; }
    void advance(int time) noexcept { now = time; }
    bool operator==(const told_everything&) const = default;

    int now = 0;
    std::map<slot, int> open;
    std::map<slot, int> successes;
    std::vector<std::pair<slot, std::uint32_t>> failures;
};

/// Takes the time, and has no key.
struct told_time : first_selector {
    void advance(int time) noexcept { now = time; }
    bool operator==(const told_time&) const = default;
    int now = 0;
};

/// Hears of failures, and not how many are too many.
struct told_failures : first_selector {
    void failed(slot) noexcept { ++failures; }
    bool operator==(const told_failures&) const = default;
    int failures = 0;
};

using failures = std::vector<std::pair<slot, std::uint32_t>>;

/// Tells about member `whole`, who is `part` for the selector that is told in the end.
void check_told(auto& selector, slot whole, const auto& inner, slot part) {
    selector.opened(whole);
    selector.opened(whole);
    selector.closed(whole);
    selector.failed(whole);
    selector.failed(whole, 7U);
    selector.succeeded(whole);
    selector.advance(9);
    const told_everything& told = inner(selector);
    CHECK(told.now == 9);
    CHECK(told.open == std::map<slot, int>{{part, 1}});
    CHECK(told.successes == std::map<slot, int>{{part, 1}});
    CHECK(told.failures == failures{{part, 0U}, {part, 7U}});
}

template <class S>
concept fails_by_limit = requires(S& s) { s.failed(slot{0}, 1U); };
template <class S>
concept succeeds = requires(S& s) { s.succeeded(slot{0}); };

} // namespace

static_assert(fails_by_limit<keyed_or<poise::nginx_hash, first_selector>> &&
              fails_by_limit<keyed_or<modulo_selector, poise::smooth_weighted_round_robin>> &&
              !fails_by_limit<keyed_or<modulo_selector, told_failures>>);
static_assert(fails_by_limit<bounded_load<poise::nginx_hash>> && !fails_by_limit<bounded_load<poise::haproxy_ring>>);
static_assert(succeeds<bounded_load<told_everything>> && !succeeds<bounded_load<poise::haproxy_ring>>);
static_assert(poise::timed_selector<bounded_load<told_everything>, int> &&
              !poise::timed_selector<bounded_load<poise::haproxy_ring>, int> &&
              !poise::timed_selector<with_backup<poise::haproxy_ring>, int> &&
              !poise::timed_selector<keyed_or<poise::haproxy_ring>, int>);
static_assert(succeeds<with_backup<told_everything>> && !succeeds<with_backup<poise::haproxy_ring>>);

TEST_CASE("layers: each hands on what it is told") {
    keyed_or<told_everything, first_selector> either;
    either.assign(poise::members({1, 1, 1}));
    check_told(either, slot{1}, [](const auto& s) { return s.keyed(); }, slot{1});

    bounded_load<told_everything> bounded;
    bounded.assign(poise::members({1, 1, 1}));
    check_told(bounded, slot{2}, [](const auto& s) { return s.keyed(); }, slot{2});
    CHECK(bounded.connections(slot{2}) == 1);

    bounded_load<keyed_or<told_everything, first_selector>> both;
    both.assign(poise::members({1, 1, 1}));
    check_told(both, slot{1}, [](const auto& s) { return s.keyed().keyed(); }, slot{1});
}

TEST_CASE("layers: each hands on the time, whoever takes it") {
    keyed_or<modulo_selector, told_time> either;
    either.advance(3);
    CHECK(either.fallback().now == 3);
    keyed_or<told_everything, told_time> both;
    both.advance(4);
    CHECK((both.keyed().now == 4 && both.fallback().now == 4));

    using seconds = std::chrono::seconds;
    with_backup<poise::lvs_locality> spared({.backups = {2, 3}}, poise::lvs_locality({.expiration = seconds(10)}));
    spared.assign(poise::members({1, 1, 1, 1}));
    const std::array<std::uint64_t, 1> tried{2};
    CHECK(spared.select(key_hash{1}) == slot{0});
    CHECK(spared.select(key_hash{1}, poise::except(tried)) == slot{3});
    spared.opened(slot{0});
    spared.opened(slot{3});
    const std::array<std::uint64_t, 1> unknown{77};
    CHECK(spared.select(key_hash{1}, poise::except(unknown)) == slot{0});
    spared.advance(seconds(10));
    CHECK(spared.select(key_hash{1}) == slot{1});
    spared.disable(slot{0});
    spared.disable(slot{1});
    CHECK(spared.select(key_hash{1}) == slot{2});
}

TEST_CASE("layers: a backup hears what it is told in its own group") {
    with_backup<told_everything> spared({.backups = {0, 2}});
    spared.assign(poise::members({1, 1, 1, 1}));
    with_backup<told_everything> same = spared;
    CHECK(spared == same);
    spared.succeeded(slot{2});
    CHECK(spared != same);
    same.succeeded(slot{0});
    CHECK(spared != same);
    same = spared;
    spared.succeeded(slot{9});
    CHECK(spared == same);
}

TEST_CASE("layers: who does not ask how many failures are too many hears of the failure") {
    keyed_or<poise::nginx_hash, told_failures> selector;
    selector.assign(poise::members({5, 5}));
    selector.failed(slot{0}, 5U);
    CHECK(selector.fallback().failures == 1);
    poise::nginx_hash alone;
    alone.assign(poise::members({5, 5}));
    alone.failed(slot{0}, 1U);
    CHECK(selector.keyed() != alone);
    alone.assign({});
    alone.assign(poise::members({5, 5}));
    alone.failed(slot{0}, 5U);
    CHECK(selector.keyed() == alone);
}

TEST_CASE("layers: a failure within a pool costs what the member's own max_fails says, through every layer") {
    using smooth = poise::smooth_weighted_round_robin;
    using either = keyed_or<poise::ketama_ring, smooth>;
    poise::nginx_passive::options limits;
    limits.each = {{0, {.max_fails = 2}}, {1, {.max_fails = 10}}};
    poise::pool<int, bounded_load<either>, poise::nginx_passive> layered({}, poise::nginx_passive(limits));
    poise::pool<int, smooth, poise::nginx_passive> plain({}, poise::nginx_passive(limits));
    for (int turn = 0; turn < 2; ++turn) {
        layered.assign({{0, {.id = 0, .weight = 10}}, {1, {.id = 1, .weight = 10}}});
        plain.assign({{0, {.id = 0, .weight = 10}}, {1, {.id = 1, .weight = 10}}});
    }
    for (int request = 0; request < 60; ++request) {
        auto expected = plain.acquire();
        auto chosen = layered.acquire();
        REQUIRE(expected.has_value() == chosen.has_value());
        if (!chosen) break;
        REQUIRE(chosen->id() == expected->id());
        const auto how = request == 20 || request == 31 ? poise::outcome::failure : poise::outcome::success;
        chosen->finish(how);
        expected->finish(how);
    }
}

TEST_CASE("layers: without a key a bounded_load chooses as its keyed_or, whoever is full") {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        INFO("seed " << seed);
        random_source random(seed);
        bounded_load<keyed_or<poise::haproxy_ring>> bounded({.balance_factor = 101});
        keyed_or<poise::haproxy_ring> alone;
        const auto members = random_members(random, 9, 12);
        bounded.assign(members);
        alone.assign(members);
        for (int step = 0; step < 200; ++step) {
            const auto away = random_ids(random, members, 2);
            const auto chosen = random.one_in(2) ? bounded.select(poise::except(away))
                                                 : bounded.select(std::nullopt, poise::except(away));
            REQUIRE(chosen == alone.select(poise::except(away)));
            if (chosen) bounded.opened(*chosen);
            const key_hash key{random.below(0xffffffffU)};
            const bounded_load<keyed_or<poise::haproxy_ring>> before = bounded;
            REQUIRE(bounded.select(std::optional(key), poise::except(away)) ==
                    bounded.select(key, poise::except(away)));
            REQUIRE(bounded == before);
        }
    }
}

TEMPLATE_TEST_CASE("layers: a const with_backup selects the same", "", poise::modulo_hash, poise::haproxy_ring,
                   poise::first_available, poise::basic_least_loaded<poise::ties::first>) {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        INFO("seed " << seed);
        random_source random(seed);
        with_backup<TestType> selector({.backups = {1, 4, 5, 9}});
        const auto members = random_members(random, 9, 5);
        selector.assign(members);
        const with_backup<TestType> fixed = selector;
        for (std::uint64_t step = 0; step < 100; ++step) {
            const auto away = random_ids(random, members, 3);
            const auto ask = [&](auto& s) {
                if constexpr (poise::keyed_selector<TestType>) {
                    return s.select(key_hash{step * 77'777'777U}, poise::except(away));
                } else if constexpr (poise::keyless_selector<TestType>) {
                    return s.select(poise::except(away));
                } else {
                    return s.select([step](slot where) { return (static_cast<std::uint64_t>(where) * step) % 7U; },
                                    poise::except(away));
                }
            };
            REQUIRE(ask(fixed) == ask(selector));
        }
    }
}
