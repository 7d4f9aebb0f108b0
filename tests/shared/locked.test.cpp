// SPDX-License-Identifier: MIT
#include <poise/shared/locked.hpp>

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <chrono>
#include <thread>
#include <vector>

#include <poise/poise.hpp>

using poise::locked;
using poise::slot;

// Const means concurrent, for all that the selector itself can do, and for nothing else.
static_assert(poise::shareable_selector<locked<poise::smooth_weighted_round_robin>>);
static_assert(poise::keyless_selector<locked<poise::least_connections>>);
static_assert(poise::connection_counting_selector<locked<poise::least_connections>> &&
              poise::failure_aware_selector<locked<poise::least_connections>>);
using bounded = locked<poise::bounded_load<poise::haproxy_ring>>;
static_assert(poise::keyed_selector<bounded> && !poise::keyless_selector<bounded>);
static_assert(poise::load_selector<locked<poise::least_loaded>>);
static_assert(poise::timed_selector<locked<poise::lvs_locality>, std::chrono::seconds>);
static_assert(!poise::failure_aware_selector<locked<poise::round_robin>> &&
              !poise::connection_counting_selector<locked<poise::round_robin>>);

TEST_CASE("locked: threads together get the selector's own choices, each once", "[threads]") {
    locked<poise::smooth_weighted_round_robin> selector;
    selector.assign(poise::members({5, 1, 1}));
    std::array<std::array<std::uint64_t, 3>, 4> counts{};
    std::vector<std::thread> threads;
    for (auto& own : counts) {
        threads.emplace_back([&own, &shared = std::as_const(selector)] {
            for (int i = 0; i < 7'000; ++i) ++own[static_cast<std::size_t>(*shared.select())];
        });
    }
    for (std::thread& thread : threads) thread.join();
    std::array<std::uint64_t, 3> together{};
    for (const auto& own : counts) {
        for (std::size_t i = 0; i < 3; ++i) together[i] += own[i];
    }
    CHECK(together == std::array<std::uint64_t, 3>{20'000, 4'000, 4'000});
}

TEST_CASE("locked, threads: who is down, failures, connections and the membership change while others choose",
          "[threads]") {
    locked<poise::least_connections> selector;
    selector.assign(poise::members({1, 1, 1, 1}));
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 3; ++thread) {
        threads.emplace_back([&shared = std::as_const(selector)] {
            for (int i = 0; i < 5'000; ++i) {
                const auto chosen = shared.select();
                if (!chosen) continue;
                shared.opened(*chosen);
                if (i % 10 == 0) shared.failed(*chosen);
                if (i % 10 == 5) shared.disable(slot{3});
                if (i % 10 == 6) shared.enable(slot{3});
                shared.closed(*chosen);
            }
        });
    }
    for (std::uint32_t i = 0; i < 300; ++i) selector.assign(poise::members({1, 1, 1 + i % 3, 1}));
    for (std::thread& thread : threads) thread.join();
    const poise::least_connections left = selector.copy();
    for (std::uint32_t i = 0; i < 4; ++i) CHECK(left.connections(slot{i}) == 0);
}

TEST_CASE("locked: copies are of the moment, and go their own way") {
    locked<poise::round_robin> selector;
    selector.assign(poise::members({1, 1, 1}));
    CHECK(selector.select() == slot{0});
    locked<poise::round_robin> copy = selector;
    CHECK(copy == selector);
    CHECK(copy.select() == slot{1});
    CHECK(copy != selector);
    CHECK(selector.select() == slot{1});
    const locked<poise::round_robin> moved = std::move(copy);
    CHECK(moved == selector);
    CHECK(moved.select() == slot{2});
}
