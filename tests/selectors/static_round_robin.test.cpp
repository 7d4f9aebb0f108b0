// SPDX-License-Identifier: MIT
#include <poise/selectors/static_round_robin.hpp>

#include <catch2/catch_test_macros.hpp>

#include <stdexcept>
#include <string>

#include "support/all_selectors.hpp"
#include "support/allocations.hpp"
#include "support/literal_haproxy.hpp"
#include "support/random.hpp"

using namespace test;
using poise::slot;
using poise::static_round_robin;

namespace {

using ids = std::vector<std::int64_t>;

constexpr bool published_order() {
    static_round_robin selector;
    selector.assign(poise::members({5, 1, 1}));
    for (const std::uint32_t expected : {0U, 0U, 0U, 1U, 0U, 0U, 2U, 0U, 0U, 0U, 1U}) {
        if (selector.select() != slot{expected}) return false;
    }
    return true;
}
static_assert(published_order(), "a a a b a a c");

std::string message_of(static_round_robin& selector, const std::vector<poise::member>& members) {
    try {
        selector.assign(members);
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
    return "nothing was thrown";
}

/// HAProxy's map and the number of the position that comes next.
struct literal_static_rr {
    std::vector<std::uint64_t> map{};
    std::size_t index = 0;

    std::optional<std::uint64_t> next(std::span<const std::uint64_t> away) {
        const std::size_t first = index >= map.size() ? 0 : index;
        for (std::size_t steps = 0; steps < map.size(); ++steps) {
            const std::size_t at = (first + steps) % map.size();
            if (contains(away, map[at])) continue;
            index = at + 1;
            return map[at];
        }
        return std::nullopt;
    }
};

} // namespace

TEST_CASE("static_round_robin: what a running HAProxy chose") {
    const auto order = [](std::initializer_list<std::uint32_t> weights, std::uint64_t selections) {
        static_round_robin selector;
        selector.assign(poise::members(weights));
        return future(selector, selections);
    };
    CHECK(order({4, 3, 2}, 9) == ids{0, 1, 0, 1, 2, 0, 0, 1, 2});
    CHECK(order({1, 2, 3}, 6) == ids{0, 2, 1, 2, 1, 2});
    CHECK(order({3, 2, 1}, 6) == ids{0, 0, 1, 0, 1, 2});
    CHECK(order({0, 200, 100, 0}, 7) == ids{1, 1, 2, 1, 1, 2, 1});
}

TEST_CASE("static_round_robin goes along HAProxy's map, past who may not be chosen, and on at the same number") {
    for (std::uint64_t seed = 1; seed <= 150; ++seed) {
        INFO("seed " << seed);
        random_source random(seed);
        const std::uint32_t heaviest = random.one_in(2) ? 4 : random.between(1, 256);
        static_round_robin selector;
        literal_static_rr model;
        std::vector<poise::member> members;
        std::vector<std::uint64_t> down;
        for (int step = 0; step < 600; ++step) {
            if (random.one_in(30)) {
                members = random_members(random, 9, heaviest);
                selector.assign(members);
                model.map = literal_haproxy_map(members);
                std::erase_if(down, [&](std::uint64_t id) {
                    return std::ranges::find(members, id, &poise::member::id) == members.end();
                });
            }
            if (random.one_in(15) && !members.empty()) {
                const std::size_t i = random.index(members.size());
                const bool was_down = std::erase(down, members[i].id) > 0;
                if (!was_down) down.push_back(members[i].id);
                was_down ? selector.enable(static_cast<slot>(i)) : selector.disable(static_cast<slot>(i));
            }
            if (random.one_in(200)) {
                selector.reset();
                model.index = 0;
            }
            const auto rejected = random.one_in(2) ? random_ids(random, members, 3) : std::vector<std::uint64_t>{};
            auto away = rejected;
            away.insert(away.end(), down.begin(), down.end());
            const auto chosen = random.one_in(2) ? selector.select(poise::except(rejected))
                                                 : selector.select(all_but(rejected, members));
            const auto expected = model.next(away);
            REQUIRE(chosen.has_value() == expected.has_value());
            if (chosen) REQUIRE(members[static_cast<std::size_t>(*chosen)].id == *expected);
        }
    }
}

TEST_CASE("static_round_robin: the turn stays at its number, or goes to the first when that is past the last") {
    static_round_robin selector;
    selector.assign(poise::members({5, 1, 1}));
    for (int i = 0; i < 3; ++i) CHECK(selector.select() == slot{0});
    selector.assign(poise::members({3, 2, 1})); // a a b a b c
    CHECK(future(selector, 4) == ids{0, 1, 2, 0});
    selector.assign(poise::members({1, 1}));
    CHECK(future(selector, 3) == ids{0, 1, 0});
    const auto waiting = selector;
    selector.assign(poise::members({5, 1, 1})); // it was at position 3 all the time
    CHECK(future(selector, 4) == ids{1, 0, 0, 2});
    selector.assign(waiting.members());
    CHECK(selector == waiting);
}

TEST_CASE("static_round_robin: at the end of the table a position that has come since is next") {
    static_round_robin selector;
    selector.assign(poise::members({1, 1}));
    CHECK(selector.select() == slot{0});
    CHECK(selector.select() == slot{1});
    selector.assign(poise::members({1, 1, 1}));
    CHECK(future(selector, 3) == ids{2, 0, 1});
}

TEST_CASE("static_round_robin: a heavy member that may not be chosen costs a few questions") {
    static_round_robin selector;
    selector.assign(poise::members({1, 1'000'000}));
    for (int i = 0; i < 4; ++i) {
        std::size_t questions = 0;
        CHECK(selector.select([&questions](slot where) {
            ++questions;
            return where == slot{0};
        }) == slot{0});
        CHECK(questions <= 2 * selector.size() + 1);
    }
}

TEST_CASE("static_round_robin: a larger table is refused by name, and nothing has changed") {
    static_round_robin selector;
    selector.assign(poise::members({2, 1}));
    CHECK(selector.select());
    const static_round_robin before = selector;
    const std::string refused = "poise: static_round_robin: ";
    CHECK(message_of(selector, poise::members({16'777'216, 1})) ==
          refused + "number of positions 16777217 (expected the sum of the weights, divided by their greatest common "
                    "divisor, at most 16777216)");
    CHECK(message_of(selector, {{7, 1}, {7, 2}}) == refused + "duplicate member id 7 (expected ids that differ)");
    CHECK(selector == before);
    CHECK(future(selector, 6) == future(before, 6));
    CHECK(static_round_robin::max_positions == 16'777'216);
    selector.assign(poise::members({4294967294U, 2147483647U}));
    CHECK(future(selector, 2) == ids{0, 1});
}

TEST_CASE("static_round_robin: a copy selects without allocating") {
    static_round_robin original;
    original.assign(poise::members({50, 1, 7, 0}));
    CHECK(original.select());
    static_round_robin copy = original;
    const std::vector<std::uint64_t> tried{0, 1};
    const std::uint64_t before = allocations();
    for (int i = 0; i < 100; ++i) {
        if (copy.select() != original.select()) FAIL("a copy differs");
        if (copy.select(poise::except(tried)) != slot{2}) FAIL("somebody else was chosen");
        if (original.select(poise::except(tried)) != slot{2}) FAIL("somebody else was chosen");
    }
    CHECK(allocations() == before);
}
