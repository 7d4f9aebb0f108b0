// SPDX-License-Identifier: MIT
// Selectors run in constant evaluation, where the compiler also finds every overflow and bad access.
#include <poise/poise.hpp>

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <cstddef>
#include <optional>
#include <vector>

using poise::slot;

namespace {

template <class Selector>
constexpr bool lives_in_constant_evaluation() {
    Selector selector;
    if (selector.select()) return false;
    selector.assign(poise::members({3, 2, 0, 1}));
    if (selector.size() != 4 || selector.members()[1].weight != 2) return false;
    const Selector fresh = selector;
    for (int i = 0; i < 7; ++i) {
        if (!selector.select() || selector.select() == slot{2}) return false;
    }
    const std::array<std::uint64_t, 3> tried{0, 1, 9};
    if (selector.select(poise::except(tried)) != slot{3}) return false;
    if (selector.select([](slot where) { return where == slot{1}; }) != slot{1}) return false;
    if (selector.select([](slot where) { return where == slot{2}; })) return false;
    selector.disable(slot{0});
    selector.disable(slot{77});
    for (int i = 0; i < 7; ++i) {
        if (selector.select() == slot{0}) return false;
    }
    const std::vector<poise::member> changed{{3, 1}, {0, 3}, {8, 4294967295}};
    selector.assign(changed);
    if (selector.select([](slot where) { return where == slot{1}; })) return false;
    selector.enable(slot{1});
    if constexpr (poise::failure_aware_selector<Selector>) selector.failed(slot{1});
    if (selector.select([](slot where) { return where == slot{1}; }) != slot{1}) return false;
    Selector moved = std::move(selector);
    moved.assign(poise::members({3, 2, 0, 1}));
    moved.reset();
    return moved == fresh && !(moved != fresh);
}

/// Small weights: compilers count the steps of constant evaluation.
template <class Selector>
constexpr bool chooses_by_key() {
    Selector selector;
    if (selector.select(poise::key_hash{5})) return false;
    selector.assign(poise::members({1, 0, 1}));
    const Selector fresh = selector;
    const std::uint64_t fingerprint = selector.fingerprint();
    const poise::key_hash key = poise::hashed("user", poise::hashes::crc32{});
    const auto chosen = selector.select(key);
    if (!chosen || chosen == slot{1} || selector.select(key) != chosen) return false;
    const std::array<std::uint64_t, 2> tried{static_cast<std::uint64_t>(*chosen), 9};
    const auto other = selector.select(key, poise::except(tried));
    if (!other || other == chosen || other == slot{1}) return false;
    if (selector.select(key, [](slot where) { return where == slot{1}; })) return false;
    selector.disable(*chosen);
    selector.disable(slot{77});
    if (selector.select(key) != other || selector.fingerprint() != fingerprint) return false;
    selector.enable(*chosen);
    Selector moved = std::move(selector);
    moved.reset();
    return moved == fresh && !(moved != fresh);
}

constexpr bool least_loaded_follows_the_load() {
    poise::least_loaded selector;
    const auto equal = [](slot) {
        return 1U;
    };
    if (selector.select(equal)) return false;
    selector.assign(poise::members({1, 2, 0, 2}));
    if (selector.select([](slot where) { return where == slot{0} ? 0U : 1U; }) != slot{0}) return false;
    if (selector.select(equal) != slot{1} || selector.select(equal) != slot{3}) return false;
    selector.disable(slot{3});
    return selector.select(equal) == slot{1} && !selector.select(equal, [](slot where) { return where == slot{3}; });
}

constexpr bool random_ties_are_drawn() {
    poise::least_connections selector({.ties = poise::ties::random, .seed = 5});
    selector.assign(poise::members({1, 1, 1}));
    poise::splitmix64 engine(5);
    for (int i = 0; i < 9; ++i) {
        if (selector.select() != slot{static_cast<std::uint32_t>(poise::detail::draw(engine, 3))}) return false;
    }
    return true;
}

constexpr bool connections_are_counted() {
    poise::least_connections selector({.ties = poise::ties::first});
    selector.assign(poise::members({2, 1}));
    selector.opened(slot{0});
    if (selector.select() != slot{1}) return false;
    selector.opened(slot{1});
    selector.opened(slot{77});
    if (selector.select() != slot{0}) return false;
    selector.closed(slot{1});
    selector.closed(slot{1});
    return selector.connections(slot{0}) == 1 && selector.connections(slot{1}) == 0;
}

} // namespace

static_assert(lives_in_constant_evaluation<poise::least_connections>());
static_assert(chooses_by_key<poise::modulo_hash>());
static_assert(chooses_by_key<poise::haproxy_ring>());
static_assert(chooses_by_key<poise::ketama_ring>());
static_assert(chooses_by_key<poise::keyed_or<poise::haproxy_ring>>());
static_assert(chooses_by_key<poise::keyed_or<poise::modulo_hash, poise::least_connections>>());
static_assert(least_loaded_follows_the_load());
static_assert(random_ties_are_drawn());
static_assert(connections_are_counted());

static_assert([] {
    poise::basic_least_loaded<poise::ties::first> selector;
    selector.assign(poise::members({1, 1}));
    const auto fixed = selector;
    return fixed.select([](slot where) { return 5U - static_cast<unsigned>(where); }) == slot{1};
}());

static_assert([] {
    poise::keyed_or<poise::modulo_hash> selector;
    selector.assign(poise::members({2, 1}));
    return selector.select() == slot{0} && selector.select() == slot{0} && selector.select() == slot{1} &&
           selector.select(std::optional(poise::key_hash{2})) == slot{1} && selector.select() == slot{0};
}());

static_assert(lives_in_constant_evaluation<poise::round_robin>());
static_assert(lives_in_constant_evaluation<poise::smooth_weighted_round_robin>());
static_assert(lives_in_constant_evaluation<poise::interleaved_weighted_round_robin>());

static_assert([] {
    poise::smooth_weighted_round_robin selector({.max_fails = 2});
    selector.assign(poise::members({6, 3, 1}));
    selector.failed(slot{0});
    selector.failed(slot{99});
    return selector.effective_weight(slot{0}) == 3 && selector.select() == slot{0} &&
           selector.effective_weight(slot{0}) == 4 && selector.current_weight(slot{0}) == 3 - 7;
}());

static_assert([] {
    poise::round_robin selector({.phase = 5});
    selector.assign(poise::members({1, 1, 1}));
    return selector.select() == slot{2};
}());

static_assert([] {
    poise::interleaved_weighted_round_robin selector;
    selector.assign(poise::members({1, 4294967295}));
    return selector.select([](slot where) { return where == slot{0}; }) == slot{0} && selector.select() == slot{1};
}());

TEST_CASE("what is constant is the same at run time") {
    CHECK(lives_in_constant_evaluation<poise::round_robin>());
    CHECK(lives_in_constant_evaluation<poise::smooth_weighted_round_robin>());
    CHECK(lives_in_constant_evaluation<poise::interleaved_weighted_round_robin>());
    CHECK(lives_in_constant_evaluation<poise::least_connections>());
    CHECK(chooses_by_key<poise::modulo_hash>());
    CHECK(chooses_by_key<poise::haproxy_ring>());
    CHECK(chooses_by_key<poise::ketama_ring>());
    CHECK(chooses_by_key<poise::keyed_or<poise::haproxy_ring>>());
    CHECK(chooses_by_key<poise::keyed_or<poise::modulo_hash, poise::least_connections>>());
    CHECK(least_loaded_follows_the_load());
    CHECK(random_ties_are_drawn());
    CHECK(connections_are_counted());
}
