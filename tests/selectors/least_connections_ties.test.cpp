// SPDX-License-Identifier: MIT
// The ties rules of least_connections that are not nginx's.
#include <poise/selectors/least_connections.hpp>

#include <catch2/catch_test_macros.hpp>

#include <random>

#include "support/all_selectors.hpp"
#include "support/random.hpp"
#include "support/statistics.hpp"

using namespace test;
using poise::least_connections;
using poise::slot;
using poise::ties;

namespace {

using ids = std::vector<std::int64_t>;

__extension__ using wide = unsigned __int128;

/// Who has the fewest connections for the weight, in slot order.
std::vector<std::size_t> least_loaded(const least_connections& selector, const auto& eligible) {
    std::vector<std::size_t> tied;
    const auto scaled = [&selector](std::size_t one, std::size_t other) {
        return static_cast<wide>(selector.connections(static_cast<slot>(one))) * selector.members()[other].weight;
    };
    for (std::size_t i = 0; i < selector.size(); ++i) {
        if (selector.members()[i].weight == 0 || !eligible(i)) continue;
        if (!tied.empty() && scaled(i, tied.front()) > scaled(tied.front(), i)) continue;
        if (!tied.empty() && scaled(i, tied.front()) < scaled(tied.front(), i)) tied.clear();
        tied.push_back(i);
    }
    return tied;
}

} // namespace

TEST_CASE("least_connections: ties::first and ties::random choose among the least loaded only") {
    for (const ties rule : {ties::first, ties::random}) {
        for (std::uint64_t seed = 1; seed <= 60; ++seed) {
            INFO("seed " << seed);
            random_source random(seed);
            least_connections selector({.ties = rule, .seed = seed});
            auto members = random_members(random, 9, random.one_in(4) ? 0xffffffffU : 4);
            selector.assign(members);
            for (int step = 0; step < 400; ++step) {
                if (random.one_in(50)) {
                    members = random_members(random, 9, 4);
                    selector.assign(members);
                }
                const auto away = random_ids(random, members, 3);
                const auto tied = least_loaded(selector, [&](std::size_t i) { return !contains(away, members[i].id); });
                const auto chosen = selector.select(poise::except(away));
                REQUIRE(chosen.has_value() == !tied.empty());
                if (!chosen) continue;
                const auto index = static_cast<std::size_t>(*chosen);
                REQUIRE(std::ranges::find(tied, index) != tied.end());
                if (rule == ties::first) REQUIRE(index == tied.front());
                selector.opened(*chosen);
                if (random.one_in(3)) selector.closed(static_cast<slot>(random.index(members.size())));
                if (random.one_in(9)) selector.failed(*chosen);
            }
        }
    }
}

TEST_CASE("least_connections: ties::random chooses each of those tied equally often, whatever their weights") {
    least_connections selector({.ties = ties::random, .seed = 99});
    selector.assign(poise::members({3, 1, 5, 2, 9, 0, 1}));
    selector.opened(slot{1});
    selector.opened(slot{4});
    std::vector<std::uint64_t> counts(7);
    for (int i = 0; i < 200'000; ++i) {
        ++counts[static_cast<std::size_t>(selector.select([](slot where) { return where != slot{3}; }).value())];
    }
    CHECK(agree(counts, std::vector<double>{1, 0, 1, 0, 0, 0, 1}));
}

TEST_CASE("least_connections: ties::random is the same for the same seed, and after a reset") {
    const auto made = [](std::uint64_t seed) {
        least_connections selector({.ties = ties::random, .seed = seed});
        selector.assign(poise::members({1, 1, 1, 1, 1}));
        return selector;
    };
    auto selector = made(5);
    const ids first = future(selector, 100);
    CHECK(future(made(5), 100) == first);
    CHECK(future(made(6), 100) != first);
    for (int i = 0; i < 10; ++i) CHECK(selector.select());
    CHECK(future(selector, 90) == ids(first.begin() + 10, first.end()));
    selector.opened(slot{2});
    selector.reset();
    CHECK(selector.connections(slot{2}) == 1);
    selector.closed(slot{2});
    CHECK(selector == made(5));
    CHECK(future(selector, 100) == first);
}

TEST_CASE("least_connections: ties::random draws only when there is a tie") {
    least_connections selector({.ties = ties::random, .seed = 5});
    selector.assign(poise::members({1, 1, 1}));
    selector.opened(slot{0});
    selector.opened(slot{2});
    const least_connections before = selector;
    CHECK(selector.select() == slot{1});
    CHECK(selector == before);
    CHECK_FALSE(selector.select([](slot) { return false; }));
    CHECK(selector == before);
}

TEST_CASE("least_connections: draws from any engine of 64 bits") {
    using options = poise::basic_least_connections<std::mt19937_64>::options;
    poise::basic_least_connections<std::mt19937_64> selector(options{.ties = ties::random, .seed = 3});
    selector.assign(poise::members({1, 1, 1}));
    std::mt19937_64 engine(3);
    for (int i = 0; i < 100; ++i) {
        const std::uint64_t drawn = poise::detail::draw(engine, 3);
        CHECK(static_cast<std::uint64_t>(selector.select().value()) == drawn);
    }
}

TEST_CASE("least_connections: rules that differ make selectors that differ") {
    CHECK(least_connections() == least_connections({.ties = ties::smooth}));
    CHECK(least_connections() != least_connections({.ties = ties::first}));
    CHECK(least_connections() != least_connections({.max_fails = 2}));
    CHECK(least_connections() != least_connections({.seed = 2}));
}

TEST_CASE("least_connections: a hundred of the largest weight share equally") {
    std::vector<poise::member> members;
    for (std::uint64_t id = 0; id < 100; ++id) members.push_back({id, 0xffffffffU});
    least_connections selector;
    selector.assign(members);
    std::vector<std::uint64_t> counts(members.size());
    for (std::size_t i = 0; i < 300; ++i) {
        const slot chosen = selector.select().value();
        selector.opened(chosen);
        ++counts[static_cast<std::size_t>(chosen)];
    }
    CHECK(counts == std::vector<std::uint64_t>(100, 3));
}
