// SPDX-License-Identifier: MIT
#include <poise/shared/ticketed_weighted_round_robin.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "support/quality.hpp"
#include "support/random.hpp"

using namespace test;
using poise::slot;
using poise::ticketed_weighted_round_robin;

namespace {

constexpr slot a{0};
constexpr slot b{1};
constexpr slot c{2};

using counts = std::vector<std::uint64_t>;

std::vector<poise::member> weights(std::initializer_list<std::uint32_t> of) {
    return poise::members(of);
}

/// How far the counts of so many members stray from what their weights make of their sum.
double deviation(const counts& chosen, const std::vector<poise::member>& members) {
    const auto all = static_cast<double>(std::accumulate(chosen.begin(), chosen.end(), std::uint64_t{0}));
    const auto sum = static_cast<double>(sum_of_weights(members));
    double largest = 0;
    for (std::size_t i = 0; i < members.size(); ++i) {
        largest = std::max(largest, std::abs(static_cast<double>(chosen[i]) - all * members[i].weight / sum));
    }
    return largest;
}

/// How far its own order strays: of all its prefixes, and so half as far as of any piece of it.
double deviation_of_order(const std::vector<poise::member>& members) {
    ticketed_weighted_round_robin alone;
    alone.assign(members);
    return spread_of(alone, members, alone.positions()).deviation();
}

/// What threads choose together, the i-th of them `choices(i)` times.
template <class Selector, class Choices>
counts chosen_by_threads(const Selector& selector, std::uint64_t number, const Choices& choices) {
    std::vector<counts> each(number, counts(selector.size()));
    std::vector<std::thread> threads;
    for (std::uint64_t i = 0; i < number; ++i) {
        threads.emplace_back([&selector, &own = each[i], i, many = choices(i)] {
            auto mine = selector.worker_of(i);
            for (std::uint64_t choice = 0; choice < many; ++choice) {
                ++own[static_cast<std::size_t>(*selector.select(mine))];
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    counts together(selector.size());
    for (const counts& own : each) std::ranges::transform(together, own, together.begin(), std::plus());
    return together;
}

} // namespace

TEST_CASE("ticketed_weighted_round_robin: one thread gets nginx's order") {
    ticketed_weighted_round_robin selector;
    selector.assign(weights({5, 1, 1}));
    for (const slot expected : {a, a, b, a, c, a, a, a, a, b}) CHECK(selector.select() == expected);
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        INFO("seed " << seed);
        random_source random(seed);
        const auto members = random_members(random, 9, random.one_in(2) ? 5 : 300);
        poise::smooth_weighted_round_robin nginx;
        nginx.assign(members);
        selector.assign(members);
        selector.reset();
        for (std::uint64_t ticket = 0; ticket < 2 * selector.positions(); ++ticket) {
            const auto expected = nginx.select();
            REQUIRE(selector.at(ticket) == expected);
            REQUIRE(selector.select() == expected);
        }
    }
}

TEST_CASE("ticketed_weighted_round_robin: threads together get the order's first tickets, each once", "[threads]") {
    for (const auto& members : {weights({5, 1, 1}), weights({1, 1, 1, 1}), weights({7, 0, 12, 30, 2})}) {
        ticketed_weighted_round_robin selector;
        selector.assign(members);
        const auto choices = [](std::uint64_t thread) {
            return 10'000 + thread;
        };
        const counts together = chosen_by_threads(selector, 4, choices);
        counts expected(members.size());
        for (std::uint64_t ticket = 0; ticket < 40'006; ++ticket) {
            ++expected[static_cast<std::size_t>(*selector.at(ticket))];
        }
        CHECK(together == expected);
        CHECK(deviation(together, members) <= deviation_of_order(members) + 1e-9);
    }
}

TEST_CASE("block tickets: what threads have not used up is all that is missing", "[threads]") {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        INFO("seed " << seed);
        random_source random(seed);
        auto members = random_members(random, 9, 40);
        members.push_back({.id = 1000, .weight = 3});
        poise::basic_ticketed_weighted_round_robin<poise::block_tickets<16>> selector;
        selector.assign(members);
        constexpr std::uint64_t number = 4;
        std::array<std::uint64_t, number> many{};
        for (std::uint64_t& choices : many) choices = random.between(1, 5'000);
        const counts together = chosen_by_threads(selector, number, [&many](std::uint64_t i) { return many[i]; });
        CHECK(deviation(together, members) <= (2 * number + 1) * deviation_of_order(members) + 1e-9);
    }
}

TEST_CASE("block tickets: a thread asks for the common number once a block") {
    poise::basic_ticketed_weighted_round_robin<poise::block_tickets<4>> selector;
    selector.assign(weights({5, 1, 1})); // a a b a | c a a a | a b a c
    auto one = selector.worker_of(0);
    auto other = selector.worker_of(1);
    CHECK(selector.select(one) == a);
    for (const slot expected : {c, a, a, a, a, b}) CHECK(selector.select(other) == expected);
    for (const slot expected : {a, b, a, a, a}) CHECK(selector.select(one) == expected); // the fourth block: a a b a
}

TEST_CASE("ticketed_weighted_round_robin: who is excluded loses its turn, and all others share it by weight") {
    ticketed_weighted_round_robin selector;
    selector.assign(weights({5, 2, 1}));
    const std::vector<std::uint64_t> tried{0};
    const std::uint64_t rounds = 100;
    counts chosen(3);
    for (std::uint64_t i = 0; i < 3 * rounds; ++i) {
        ++chosen[static_cast<std::size_t>(*selector.select(poise::except(tried)))];
    }
    CHECK(chosen == counts{0, 2 * rounds, rounds});
    selector.reset();
    selector.disable(a);
    for (std::uint64_t i = 0; i < 3 * rounds; ++i) --chosen[static_cast<std::size_t>(*selector.select())];
    CHECK(chosen == counts{0, 0, 0});
}

TEST_CASE("tickets: however heavy who is excluded, all others have their shares, from all threads", "[threads]") {
    const auto shares = [](const auto& selector, std::uint64_t number, std::uint64_t rounds) {
        const auto members = selector.members();
        const std::uint64_t light = sum_of_weights({members.begin() + 1, members.end()});
        return chosen_by_threads(selector, number, [&](std::uint64_t) { return rounds * light; });
    };
    for (const auto& members : {weights({100, 1, 1}), weights({98, 1, 1}), weights({163, 1, 1, 1, 1}),
                                weights({100, 2, 1}), weights({1'000'000, 3, 5}), weights({50, 40, 1})}) {
        counts expected;
        for (const poise::member& m : members) expected.push_back(m.weight);
        expected[0] = 0;
        ticketed_weighted_round_robin single;
        single.assign(members);
        single.disable(a);
        counts together = shares(single, 4, 10);
        for (std::uint64_t& own : together) own /= 40; // exactly
        CHECK(together == expected);
        poise::phased_weighted_round_robin phased;
        phased.assign(members);
        phased.disable(a);
        together = shares(phased, 1, 10);
        for (std::uint64_t& own : together) own /= 10;
        CHECK(together == expected);
        poise::block_ticketed_weighted_round_robin blocks;
        blocks.assign(members);
        blocks.disable(a);
        const std::vector<poise::member> others(members.begin() + 1, members.end());
        for (const std::uint64_t number : {1U, 3U}) {
            together = shares(blocks, number, 20);
            CHECK(together[0] == 0);
            const counts of_others(together.begin() + 1, together.end());
            CHECK(deviation(of_others, others) <=
                  (2 * static_cast<double>(number) + 1) * deviation_of_order(others) + 1e-9);
        }
    }
}

TEST_CASE("ticketed_weighted_round_robin: a ticket of your own goes to the next of the period who may be chosen") {
    ticketed_weighted_round_robin selector;
    CHECK_FALSE(selector.at(0));
    selector.assign(weights({5, 1, 1})); // a a b a c a a
    const std::vector<std::uint64_t> tried{0};
    const auto others = [](slot where) {
        return where != a;
    };
    const std::array<slot, 7> expected{b, b, b, c, c, b, b};
    for (std::uint64_t ticket = 0; ticket < 14; ++ticket) {
        CHECK(selector.at(ticket, poise::except(tried)) == expected[ticket % 7]);
        CHECK(selector.at(ticket, others) == expected[ticket % 7]);
    }
    CHECK(selector.at(~std::uint64_t{0}) == selector.at(~std::uint64_t{0} % 7));
    selector.disable(b);
    CHECK(selector.at(0, others) == c);
    selector.disable(c);
    CHECK_FALSE(selector.at(0, others));
    CHECK(selector.at(2) == a);
    CHECK(selector.select() == a); // no ticket was taken by all that
    CHECK(selector.select() == a);
    CHECK(selector.select() == a);
}

TEST_CASE("ticketed_weighted_round_robin: however many turns are lost, somebody is found") {
    ticketed_weighted_round_robin selector;
    selector.assign(weights({1'000'000, 1, 1}));
    const std::vector<std::uint64_t> heavy{0};
    for (int i = 0; i < 100; ++i) CHECK(selector.select(poise::except(heavy)).value() != a);
    selector.disable(a);
    for (int i = 0; i < 100; ++i) CHECK(selector.select().value() != a);
    selector.disable(b);
    selector.disable(c);
    CHECK_FALSE(selector.select());
}

TEST_CASE("ticketed_weighted_round_robin: a changed membership has another period, in which the tickets go on") {
    STATIC_REQUIRE(poise::breaks<ticketed_weighted_round_robin>(poise::law::survival));
    ticketed_weighted_round_robin selector;
    selector.assign(weights({5, 1, 1}));
    for (const slot expected : {a, a}) CHECK(selector.select() == expected);
    selector.assign(weights({1, 1, 1, 1}));
    for (const slot expected : {c, slot{3}, a}) CHECK(selector.select() == expected);
}

TEST_CASE("ticketed_weighted_round_robin: a period that is too long is refused, and nothing has changed") {
    ticketed_weighted_round_robin selector;
    selector.assign(weights({5, 1, 1}));
    const ticketed_weighted_round_robin before = selector;
    std::string message;
    try {
        selector.assign(weights({16'777'216, 1}));
    } catch (const std::invalid_argument& error) {
        message = error.what();
    }
    CHECK(message ==
          "poise: ticketed_weighted_round_robin: number of positions 16777217 (expected the sum of the weights, "
          "divided by their greatest common divisor, at most 16777216)");
    CHECK(selector == before);
    CHECK(selector.select() == a);
    selector.assign(weights({33'554'432, 2'097'152})); // by their divisor
    CHECK(selector.positions() == 17);
}
