// SPDX-License-Identifier: MIT
// How far current weights may stray: the bound in the header, and the largest memberships.
#include <poise/selectors/smooth_weighted_round_robin.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "support/all_selectors.hpp"
#include "support/random.hpp"

using namespace test;
using poise::slot;
using poise::smooth_weighted_round_robin;

namespace {

__extension__ using wide = __int128;

constexpr std::uint32_t largest = 0xffffffffU;

std::int64_t farthest_from_level(const smooth_weighted_round_robin& selector) {
    std::int64_t farthest = 0;
    for (std::size_t i = 0; i < selector.size(); ++i) {
        farthest = std::max(farthest, std::abs(selector.current_weight(static_cast<slot>(i))));
    }
    return farthest;
}

/// The survivors' mean, rounded towards 0, in arithmetic that has room for the sum.
std::int64_t mean_of(const smooth_weighted_round_robin& selector, const std::vector<std::size_t>& survivors) {
    wide sum = 0;
    for (const std::size_t i : survivors) sum += selector.current_weight(static_cast<slot>(i));
    return static_cast<std::int64_t>(sum / static_cast<wide>(survivors.size()));
}

} // namespace

TEST_CASE("smooth_weighted_round_robin: hostile exclusion moves nobody beyond (n - 1) times the largest weight") {
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        INFO("seed " << seed);
        random_source random(seed);
        const std::uint32_t most = random.one_in(2) ? largest : 9;
        std::vector<poise::member> members;
        const std::uint32_t size = random.between(2, 8);
        for (std::uint64_t id = 0; id < size; ++id) {
            members.push_back({id, random.one_in(2) ? most : random.between(1, most)});
        }
        smooth_weighted_round_robin selector({.max_fails = random.below(4)});
        selector.assign(members);
        const std::int64_t bound = (std::int64_t{size} - 1) * most;
        const std::uint32_t hostility = random.below(3);
        for (int step = 0; step < 3000; ++step) {
            // the worst found: only those who already stand high may take part, or only those who stand low
            const std::int64_t pivot = selector.current_weight(static_cast<slot>(random.index(size)));
            const auto chosen = selector.select([&](slot where) {
                const std::int64_t current = selector.current_weight(where);
                return hostility == 0 ? current >= pivot : hostility == 1 ? current <= pivot : current != pivot;
            });
            if (chosen && random.one_in(5)) selector.failed(*chosen);
            REQUIRE(farthest_from_level(selector) <= bound);
        }
    }
}

TEST_CASE("smooth_weighted_round_robin: 65,535 members of the largest weight, and half of them leave") {
    std::vector<poise::member> members;
    for (std::uint64_t id = 0; id < 65'535; ++id) members.push_back({id, largest});
    smooth_weighted_round_robin selector;
    selector.assign(members);
    random_source random(1);
    for (std::uint32_t i = 0; i < 300; ++i) {
        REQUIRE(selector.select() == slot{i});
        if (random.one_in(3)) selector.failed(slot{i});
    }
    // a few hundred take part alone and drive themselves far from the rest
    for (int i = 0; i < 300; ++i) {
        REQUIRE(selector.select([&](slot where) { return static_cast<std::uint32_t>(where) >= 65'000; }));
    }
    REQUIRE(farthest_from_level(selector) <= std::int64_t{65'534} * largest);

    std::vector<poise::member> half;
    std::vector<std::size_t> survivors;
    for (std::size_t i = 0; i < members.size(); i += 2) {
        half.push_back(members[i]);
        survivors.push_back(i);
    }
    half.push_back({1'000'000, largest});
    const smooth_weighted_round_robin before = selector;
    const std::int64_t mean = mean_of(before, survivors);
    REQUIRE(mean != 0);
    selector.assign(half);
    wide sum = 0;
    bool shifted = true;
    for (std::size_t i = 0; i < survivors.size(); ++i) {
        const std::int64_t current = selector.current_weight(static_cast<slot>(i));
        shifted &= current == before.current_weight(static_cast<slot>(survivors[i])) - mean;
        sum += current;
    }
    CHECK(shifted);
    CHECK(selector.current_weight(static_cast<slot>(survivors.size())) == 0);
    CHECK((sum < static_cast<wide>(half.size()) && -sum < static_cast<wide>(half.size())));
    for (int i = 0; i < 100; ++i) REQUIRE(selector.select());
}

TEST_CASE("smooth_weighted_round_robin: the shift is the mean rounded towards 0, of either sign") {
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        INFO("seed " << seed);
        random_source random(seed);
        std::vector<poise::member> members;
        for (std::uint64_t id = 0; id < 9; ++id) members.push_back({id, random.between(1, 40)});
        smooth_weighted_round_robin selector;
        selector.assign(members);
        for (std::uint32_t i = random.between(1, 40); i > 0; --i) REQUIRE(selector.select());
        std::vector<poise::member> fewer;
        std::vector<std::size_t> survivors;
        for (std::size_t i = 0; i < members.size(); ++i) {
            if (i != 0 && random.one_in(3)) continue;
            fewer.push_back(members[i]);
            survivors.push_back(i);
        }
        const smooth_weighted_round_robin before = selector;
        const std::int64_t mean = mean_of(before, survivors);
        selector.assign(fewer);
        for (std::size_t i = 0; i < survivors.size(); ++i) {
            const auto where = static_cast<slot>(i);
            REQUIRE(selector.current_weight(where) == before.current_weight(static_cast<slot>(survivors[i])) - mean);
        }
    }
}

TEST_CASE("smooth_weighted_round_robin: no drift through a thousand changes") {
    random_source random(1);
    smooth_weighted_round_robin selector;
    for (int change = 0; change < 1000; ++change) {
        const auto members = random_members(random, 12, 1'000'000);
        selector.assign(members);
        std::int64_t sum = 0;
        for (std::size_t i = 0; i < members.size(); ++i) sum += selector.current_weight(static_cast<slot>(i));
        REQUIRE(std::abs(sum) <= static_cast<std::int64_t>(members.size()));
        for (int i = 0; i < 10; ++i) static_cast<void>(selector.select());
    }
}

TEST_CASE("smooth_weighted_round_robin: a slot beyond the members weighs nothing and cannot fail") {
    smooth_weighted_round_robin selector;
    selector.assign(poise::members({5, 1}));
    const smooth_weighted_round_robin before = selector;
    for (const slot beyond : {slot{2}, slot{0xffffffffU}}) {
        selector.failed(beyond);
        CHECK(selector.effective_weight(beyond) == 0);
        CHECK(selector.current_weight(beyond) == 0);
    }
    CHECK(selector == before);
}
