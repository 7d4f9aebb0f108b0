// SPDX-License-Identifier: MIT
// Who is in a pool: ids, changes one by one, in a batch, and as a whole.
#include <poise/pool.hpp>

#include <catch2/catch_test_macros.hpp>

#include <string>

#include <poise/poise.hpp>

#include "support/archetypes.hpp"

using namespace test;
using poise::outcome;

namespace {

using text_pool = poise::pool<std::string, counting_selector>;

std::vector<poise::member> members_of(const text_pool& pool) {
    return {pool.members().begin(), pool.members().end()};
}

} // namespace

TEST_CASE("pool: add gives ids that differ, whatever ids it was given") {
    text_pool pool;
    CHECK(pool.add("a") == 0);
    pool.add("own", {.id = 1, .weight = 7});
    pool.add("own", {.id = 2});
    CHECK(pool.add("b", 3) == 3);
    pool.remove(3);
    CHECK(pool.add("c") == 4);
    CHECK(members_of(pool) == std::vector<poise::member>{{0, 1}, {1, 7}, {2, 1}, {4, 1}});
    CHECK(pool.find(4)->get() == "c");
    CHECK_FALSE(pool.find(3));
}

TEST_CASE("pool: an id may be the same on every machine") {
    text_pool pool;
    const std::uint64_t id = poise::endpoint_id("10.0.0.1", 8080);
    pool.add("10.0.0.1:8080", {.id = id, .weight = 5});
    CHECK(pool.find(id)->get() == "10.0.0.1:8080");
    CHECK(pool.acquire()->id() == id);
}

TEST_CASE("pool: remove takes out one and moves the rest up") {
    text_pool pool;
    pool.assign({{"a", {.id = 10}}, {"b", {.id = 20}}, {"c", {.id = 30}}});
    auto lease = pool.acquire(poise::except(std::array<std::uint64_t, 2>{10, 20}));
    REQUIRE(lease->id() == 30);
    pool.remove(20);
    CHECK(members_of(pool) == std::vector<poise::member>{{10, 1}, {30, 1}});
    CHECK(pool.find(30)->get() == "c");
    CHECK(pool.in_flight(30) == 1);
    lease->finish(outcome::success);
    CHECK(pool.selector().successes.at(30) == 1);
    pool.remove(10);
    pool.remove(30);
    CHECK(pool.size() == 0);
    CHECK_FALSE(pool.acquire());
}

TEST_CASE("pool: set_weight changes one weight, 0 drains") {
    text_pool pool;
    pool.add("a");
    pool.add("b");
    pool.set_weight(0, 0);
    CHECK(members_of(pool) == std::vector<poise::member>{{0, 0}, {1, 1}});
    CHECK(**pool.acquire() == "b");
    pool.set_weight(0, 9);
    CHECK(**pool.acquire() == "a");
}

TEST_CASE("pool: several changes are one assign of the selector") {
    text_pool pool;
    pool.assign({{"a", {.id = 1}}, {"b", {.id = 2}}, {"c", {.id = 3}}});
    CHECK(pool.selector().assigns == 1);
    std::uint64_t added = 99;
    pool.change([&](auto& draft) {
        draft.remove(2);
        added = draft.add("d", 4);
        draft.set_weight(1, 6);
        draft.add("e", poise::member{.id = 50, .weight = 5});
        draft.set_weight(50, 8);
        draft.remove(3);
    });
    CHECK(pool.selector().assigns == 2);
    CHECK(added == 0);
    CHECK(members_of(pool) == std::vector<poise::member>{{1, 6}, {0, 4}, {50, 8}});
    CHECK(pool.find(0)->get() == "d");
    CHECK(pool.find(50)->get() == "e");
    CHECK(pool.selector().members().size() == 3);
}

TEST_CASE("pool: ids given in one batch differ") {
    text_pool pool;
    pool.add("own", {.id = 1});
    std::vector<std::uint64_t> ids;
    pool.change([&](auto& draft) {
        for (int i = 0; i < 3; ++i) ids.push_back(draft.add("new"));
    });
    CHECK(ids == std::vector<std::uint64_t>{0, 2, 3});
    CHECK(pool.add("new") == 4);
}

TEST_CASE("pool: assign is the whole membership, and who stays keeps endpoint and leases") {
    text_pool pool;
    pool.assign({{"a", {.id = 1}}, {"b", {.id = 2}}});
    std::string* const endpoint = &pool.find(1)->get();
    auto lease = pool.acquire();
    REQUIRE(lease->id() == 1);
    pool.assign({{"c", {.id = 3}}, {"another a", {.id = 1, .weight = 7}}});
    CHECK(members_of(pool) == std::vector<poise::member>{{3, 1}, {1, 7}});
    CHECK(&pool.find(1)->get() == endpoint);
    CHECK(*endpoint == "a");
    CHECK(pool.in_flight(1) == 1);
    CHECK_FALSE(pool.find(2));
    CHECK(pool.selector().assigns == 2);
    pool.assign({});
    CHECK(pool.size() == 0);
    CHECK(pool.in_flight(1) == 0);
    CHECK(**lease == "a");
}

TEST_CASE("pool: who is removed and added again in one change is somebody else, for the selector, too") {
    poise::pool<std::string, poise::smooth_weighted_round_robin> pool;
    pool.assign({{"old", {.id = 7, .weight = 10}}, {"other", {.id = 8, .weight = 10}}});
    auto lease = pool.acquire();
    pool.acquire(poise::except(std::vector<std::uint64_t>{8}))->finish(outcome::failure);
    pool.acquire(poise::except(std::vector<std::uint64_t>{7}))->finish(outcome::failure);
    REQUIRE(pool.selector().effective_weight(poise::slot{0}) == 0);
    pool.change([](auto& draft) {
        draft.remove(7);
        draft.add("new", poise::member{.id = 7, .weight = 10});
    });
    CHECK(pool.size() == 2);
    CHECK(pool.find(7)->get() == "new");
    CHECK(pool.selector().effective_weight(poise::slot{0}) == 0); // 8 is who it was
    CHECK(pool.selector().effective_weight(poise::slot{1}) == 10);
    CHECK(pool.in_flight(7) == 0);
    lease->finish(outcome::failure);
    CHECK(pool.selector().effective_weight(poise::slot{1}) == 10);
}

TEST_CASE("pool: find gives the endpoint itself") {
    text_pool pool;
    pool.add("a");
    pool.find(0)->get() = "changed";
    CHECK(**pool.acquire() == "changed");
}

TEST_CASE("pool: the rotation survives a change of the membership") {
    poise::pool<std::string, poise::smooth_weighted_round_robin> pool;
    pool.assign({{"a", {.id = 0, .weight = 5}}, {"b", {.id = 1}}, {"c", {.id = 2}}});
    std::string order;
    for (int i = 0; i < 7; ++i) {
        order += **pool.acquire();
        pool.add("drained", {.id = static_cast<std::uint64_t>(100 + i), .weight = 0});
    }
    CHECK(order == "aabacaa");
}
