// SPDX-License-Identifier: MIT
#include <poise/selectors/loaded_draws.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <poise/selectors/modulo_hash.hpp>
#include <poise/selectors/random_draws.hpp>

#include "support/by_load.hpp"

using namespace test;
using poise::loaded_draws;
using poise::slot;

TEST_CASE("loaded_draws chooses as random_draws does when the load is the connections") {
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        INFO("seed " << seed);
        const auto draws = static_cast<std::uint32_t>(seed % 4 + 1);
        require_same_choices(
            poise::basic_loaded_draws<poise::modulo_hash, poise::splitmix64>({.draws = draws, .seed = seed}),
            poise::basic_random_draws<poise::modulo_hash, poise::splitmix64>({.draws = draws, .seed = seed}), seed, 5);
    }
}

TEST_CASE("loaded_draws: each worker draws from numbers of its own, the same every time") {
    loaded_draws selector({.seed = 3});
    selector.assign(poise::members({1, 1, 1, 1, 1, 1, 1, 1}));
    const auto nothing = [](slot) {
        return 0U;
    };
    const auto first_of = [&](std::uint64_t number) {
        auto mine = selector.worker_of(number);
        std::vector<slot> chosen;
        for (int i = 0; i < 12; ++i) chosen.push_back(*selector.select(mine, nothing));
        return chosen;
    };
    std::set<std::vector<slot>> all;
    for (std::uint64_t number = 0; number < 100; ++number) all.insert(first_of(number));
    CHECK(all.size() == 100);
    CHECK(first_of(5) == first_of(5));
    CHECK(selector == [] {
        loaded_draws fresh({.seed = 3});
        fresh.assign(poise::members({1, 1, 1, 1, 1, 1, 1, 1}));
        return fresh;
    }());
    const std::vector<std::uint64_t> everyone{0, 1, 2, 3, 4, 5, 6, 7};
    auto mine = selector.worker_of(0);
    CHECK_FALSE(selector.select(mine, nothing, poise::except(everyone)));
    CHECK(mine == selector.worker_of(0));
}

TEST_CASE("loaded_draws: two draws of all threads keep loads closer together than one", "[threads]") {
    // each thread's choices are counted where the others see them; nothing is given back
    const auto spread = [](std::uint32_t draws) {
        loaded_draws selector({.draws = draws, .seed = 1});
        selector.assign(poise::members({1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}));
        std::vector<std::atomic<std::uint64_t>> loads(16);
        std::vector<std::thread> threads;
        for (std::uint64_t number = 0; number < 4; ++number) {
            threads.emplace_back([&, number] {
                auto mine = selector.worker_of(number);
                const auto load = [&loads](slot where) {
                    return loads[static_cast<std::size_t>(where)].load(std::memory_order_relaxed);
                };
                for (int i = 0; i < 40'000; ++i) {
                    loads[static_cast<std::size_t>(*selector.select(mine, load))].fetch_add(1,
                                                                                            std::memory_order_relaxed);
                }
            });
        }
        for (std::thread& thread : threads) thread.join();
        std::vector<std::uint64_t> counts(loads.begin(), loads.end());
        const auto [least, most] = std::ranges::minmax(counts);
        return most - least;
    };
    const std::uint64_t one = spread(1);
    const std::uint64_t two = spread(2);
    INFO("one draw " << one << ", two " << two);
    CHECK(two * 4 < one);
}

TEST_CASE("loaded_draws: no draws are refused") {
    std::string message;
    try {
        static_cast<void>(loaded_draws({.draws = 0}));
    } catch (const std::invalid_argument& error) {
        message = error.what();
    }
    CHECK(message == "poise: loaded_draws: draws 0 (expected at least 1)");
}
