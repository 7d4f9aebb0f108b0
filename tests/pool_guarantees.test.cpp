// SPDX-License-Identifier: MIT
// A change of a pool that fails has changed nothing: not the members, not the selector, not the health, not the leases.
#include <poise/pool.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <concepts>
#include <new>
#include <stdexcept>
#include <string>

#include <poise/poise.hpp>

#include "support/allocations.hpp"
#include "support/archetypes.hpp"

using namespace test;
using Catch::Matchers::Message;
using Catch::Matchers::MessageMatches;
using Catch::Matchers::StartsWith;
using poise::outcome;

namespace {

using text_pool = poise::pool<std::string, counting_selector, two_strikes>;

text_pool pool_of_two(counting_selector selector = {}, two_strikes health = {}) {
    text_pool pool(selector, health);
    pool.assign({{"a", {.id = 1, .weight = 2}}, {"b", {.id = 2}}});
    return pool;
}

/// Runs a change that must fail, and compares all that can be seen, before and after.
template <class Pool, class Change>
void changes_nothing(Pool& pool, Change change) {
    auto lease = pool.acquire();
    REQUIRE(lease);
    const std::vector<poise::member> members(pool.members().begin(), pool.members().end());
    const auto selector = pool.selector();
    const auto health = pool.health();
    const std::uint64_t in_flight = pool.in_flight(lease->id());
    const std::string* const endpoint = &pool.find(lease->id())->get();
    change();
    CHECK(members == std::vector<poise::member>(pool.members().begin(), pool.members().end()));
    CHECK(selector == pool.selector());
    if constexpr (std::equality_comparable<decltype(health)>) CHECK(health == pool.health());
    CHECK(in_flight == pool.in_flight(lease->id()));
    CHECK(endpoint == &pool.find(lease->id())->get());
    lease->finish(outcome::failure);
    CHECK(in_flight == pool.in_flight(lease->id()) + 1);
    CHECK(pool.selector() != selector);
}

} // namespace

TEST_CASE("pool: a duplicate id is refused") {
    text_pool pool = pool_of_two();
    const auto refused = MessageMatches(StartsWith("poise: pool: duplicate member id 2"));
    changes_nothing(pool, [&] { CHECK_THROWS_MATCHES(pool.add("twin", {.id = 2}), std::invalid_argument, refused); });
    changes_nothing(pool, [&] {
        CHECK_THROWS_MATCHES(pool.assign({{"x", {.id = 2}}, {"y", {.id = 2}}}), std::invalid_argument, refused);
    });
    changes_nothing(pool, [&] {
        const auto twins = [](auto& draft) {
            draft.remove(1);
            draft.add("twin", poise::member{.id = 2});
        };
        CHECK_THROWS_MATCHES(pool.change(twins), std::invalid_argument, refused);
    });
    pool.assign({{"x", {.id = 1}}});
    CHECK_THROWS_AS(pool.assign({{"x", {.id = 7}}, {"y", {.id = 7}}}), std::invalid_argument);
}

TEST_CASE("pool: an id that no member has is refused") {
    text_pool pool = pool_of_two();
    const auto refused = MessageMatches(StartsWith("poise: pool: member id 77"));
    changes_nothing(pool, [&] { CHECK_THROWS_MATCHES(pool.remove(77), std::invalid_argument, refused); });
    changes_nothing(pool, [&] { CHECK_THROWS_MATCHES(pool.set_weight(77, 1), std::invalid_argument, refused); });
}

TEST_CASE("pool: an edit that throws is no edit") {
    text_pool pool = pool_of_two();
    changes_nothing(pool, [&] {
        const auto edit = [](auto& draft) {
            draft.remove(1);
            draft.add("c");
            draft.set_weight(2, 9);
            throw std::runtime_error("changed my mind");
        };
        CHECK_THROWS_MATCHES(pool.change(edit), std::runtime_error, Message("changed my mind"));
    });
    CHECK(pool.add("d") == 0); // no id was used up
}

TEST_CASE("pool: a selector that refuses is obeyed") {
    counting_selector selector;
    selector.most = 2;
    text_pool pool = pool_of_two(selector);
    changes_nothing(pool, [&] { CHECK_THROWS_AS(pool.add("c"), std::runtime_error); });
    changes_nothing(pool, [&] { CHECK_THROWS_AS(pool.add("c", {.id = 3}), std::runtime_error); });
    pool.remove(1);
    CHECK(pool.add("c") == 0);
}

TEST_CASE("pool: a health layer that refuses is obeyed") {
    two_strikes health;
    health.most = 2;
    text_pool pool = pool_of_two({}, health);
    changes_nothing(pool, [&] { CHECK_THROWS_AS(pool.add("c"), std::runtime_error); });
    CHECK(pool.selector().assigns == 1);
}

TEST_CASE("pool: a selector's own limit is reported in its name") {
    poise::pool<std::string, poise::smooth_weighted_round_robin> pool;
    pool.add("a", 3);
    changes_nothing(pool, [&] { CHECK_THROWS_AS(pool.add("b", {.id = 0}), std::invalid_argument); });
}

TEST_CASE("pool: when memory ends, nothing has changed") {
    const auto change = [](text_pool& pool) {
        pool.change([](auto& draft) {
            draft.remove(1);
            draft.add("an endpoint whose text does not fit into the string object itself", 3);
            draft.set_weight(2, 5);
        });
    };
    text_pool pool = pool_of_two();
    auto lease = pool.acquire();
    std::uint64_t enough = 0;
    for (bool failed = true; failed; ++enough) {
        const counting_selector before = pool.selector();
        bool unchanged = true;
        {
            const allocation_limit limit(enough);
            try {
                change(pool);
                failed = false;
            } catch (const std::bad_alloc&) {
                unchanged = pool.size() == 2 && pool.in_flight(1) == 1;
            }
        }
        REQUIRE(unchanged);
        if (failed) REQUIRE(before == pool.selector());
    }
    CHECK(enough > 3);
    CHECK(pool.members().front() == poise::member{2, 5});
    CHECK(pool.in_flight(1) == 0);
}

TEST_CASE("pool: an addition to a draft that fails leaves no trace in it") {
    for (std::uint64_t enough = 0; enough < 6; ++enough) {
        INFO(enough << " allocations succeed");
        poise::pool<std::string, poise::round_robin> pool;
        pool.assign({{"a", {.id = 1}}, {"b", {.id = 2}}});
        bool added = true;
        pool.change([&](auto& draft) {
            try {
                const allocation_limit limit(enough);
                draft.add("x", poise::member{.id = 9});
            } catch (const std::bad_alloc&) {
                added = false;
            }
            draft.add("y", poise::member{.id = 10});
        });
        CHECK(pool.size() == (added ? 4U : 3U));
        CHECK(pool.find(9).has_value() == added);
        CHECK(pool.find(10)->get() == "y");
        CHECK(pool.find(2)->get() == "b");
    }
}
