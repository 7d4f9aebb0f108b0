// SPDX-License-Identifier: MIT
#include <poise/selectors/first_available.hpp>

#include <catch2/catch_test_macros.hpp>

#include <stdexcept>
#include <string>

#include "support/all_selectors.hpp"
#include "support/allocations.hpp"
#include "support/random.hpp"

using namespace test;
using poise::first_available;
using poise::slot;

namespace {

constexpr bool the_lowest_id_that_may_be_chosen() {
    first_available selector;
    selector.assign(std::vector<poise::member>{{30, 1}, {20, 9}, {10, 0}});
    const first_available shared = selector;
    const bool second = shared.select() == slot{1};
    selector.disable(slot{1});
    const bool third = selector.select() == slot{0};
    selector.reset();
    return second && third && !selector.select([](slot where) { return where != slot{0}; });
}
static_assert(the_lowest_id_that_may_be_chosen());

} // namespace

TEST_CASE("first_available: the lowest id that may be chosen, however members are listed") {
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        INFO("seed " << seed);
        random_source random(seed);
        first_available selector;
        std::vector<poise::member> members;
        std::vector<std::uint64_t> down;
        for (int step = 0; step < 200; ++step) {
            if (random.one_in(20)) {
                members = random_members(random, 9, 3);
                selector.assign(members);
                std::erase_if(down, [&](std::uint64_t id) {
                    return std::ranges::find(members, id, &poise::member::id) == members.end();
                });
            }
            if (random.one_in(5) && !members.empty()) {
                const std::size_t i = random.index(members.size());
                const bool was_down = std::erase(down, members[i].id) > 0;
                if (!was_down) down.push_back(members[i].id);
                was_down ? selector.enable(static_cast<slot>(i)) : selector.disable(static_cast<slot>(i));
            }
            const auto rejected = random_ids(random, members, 2);
            std::optional<std::uint64_t> expected;
            for (const poise::member& m : members) {
                if (m.weight == 0 || contains(rejected, m.id) || contains(down, m.id)) continue;
                if (!expected || m.id < *expected) expected = m.id;
            }
            const first_available& shared = selector;
            const auto chosen = shared.select(poise::except(rejected));
            REQUIRE(chosen == shared.select(all_but(rejected, members)));
            REQUIRE(chosen.has_value() == expected.has_value());
            if (chosen) REQUIRE(members[static_cast<std::size_t>(*chosen)].id == *expected);
        }
    }
}

TEST_CASE("first_available: with limits, the next one is used when the ones before are full, and no longer") {
    first_available selector;
    selector.assign(poise::members({1, 1, 1}));
    std::vector<int> open(3);
    const auto has_room = [&open](slot where) {
        return open[static_cast<std::size_t>(where)] < 2;
    };
    for (const std::uint32_t expected : {0U, 0U, 1U, 1U, 2U, 2U}) {
        const auto chosen = selector.select(has_room);
        REQUIRE(chosen == slot{expected});
        ++open[static_cast<std::size_t>(*chosen)];
    }
    CHECK_FALSE(selector.select(has_room));
    --open[1];
    CHECK(selector.select(has_room) == slot{1});
    --open[0];
    CHECK(selector.select(has_room) == slot{0});
}

TEST_CASE("first_available: one question for each that may not be chosen, and one more; nothing is ever written") {
    first_available selector;
    selector.assign(std::vector<poise::member>{{5, 1}, {4, 1}, {3, 0}, {2, 1}, {1, 1}});
    const first_available before = selector;
    std::vector<slot> asked;
    CHECK(selector.select([&asked](slot where) {
        asked.push_back(where);
        return where == slot{1};
    }) == slot{1});
    CHECK(asked == std::vector<slot>{slot{4}, slot{3}, slot{1}});
    const std::uint64_t allocated = allocations();
    CHECK(selector.select() == slot{4});
    CHECK(allocations() == allocated);
    CHECK(selector == before);
}

TEST_CASE("first_available: a duplicate id is refused by name, and nothing has changed") {
    first_available selector;
    selector.assign(poise::members({2, 1}));
    selector.disable(slot{0});
    const first_available before = selector;
    std::string message;
    try {
        selector.assign(std::vector<poise::member>{{7, 1}, {7, 2}});
    } catch (const std::invalid_argument& error) {
        message = error.what();
    }
    CHECK(message == "poise: first_available: duplicate member id 7 (expected ids that differ)");
    CHECK(selector == before);
}
