// SPDX-License-Identifier: MIT
// One thread, or several one after the other: what a shared_pool does. Many at once: shared_pool_stress.test.cpp.
#include <poise/shared/shared_pool.hpp>

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <memory>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <poise/erasure.hpp>
#include <poise/poise.hpp>
#include <poise/shared/ticketed_weighted_round_robin.hpp>

#include "support/allocations.hpp"
#include "support/archetypes.hpp"

using namespace test;
using poise::locked;
using poise::outcome;
using poise::shared_pool;
using std::chrono::seconds;

namespace {

using ticketed_pool = shared_pool<std::string, poise::ticketed_weighted_round_robin>;
using guarded_pool = shared_pool<std::string, poise::ticketed_weighted_round_robin, poise::nginx_passive>;

template <class Pool>
void add_three(Pool& pool) {
    pool.assign({{"a", {.id = 1, .weight = 5}}, {"b", {.id = 2}}, {"c", {.id = 3}}});
}

template <class Handle>
std::optional<poise::lease<std::string>> next(Handle& handle, std::uint64_t turn = 0) {
    if constexpr (requires { handle.acquire(); }) {
        return handle.acquire();
    } else {
        return handle.acquire(poise::key_hash{turn * 0x9e3779b97f4a7c15U});
    }
}
template <class Handle>
std::string order(Handle& handle, int choices, outcome how = outcome::success) {
    std::string result;
    for (int i = 0; i < choices; ++i) {
        auto lease = next(handle, static_cast<std::uint64_t>(i));
        result += lease ? **lease : "-";
        if (lease) lease->finish(how);
    }
    return result;
}

} // namespace

TEMPLATE_TEST_CASE("shared_pool: members come, go and are chosen by selectors of every kind", "",
                   poise::ticketed_weighted_round_robin, poise::block_ticketed_weighted_round_robin,
                   poise::phased_weighted_round_robin, poise::loaded_draws,
                   poise::basic_least_loaded<poise::ties::random>, poise::basic_least_loaded<poise::ties::first>,
                   poise::ketama_ring, poise::modulo_hash, poise::first_available, first_selector, modulo_selector,
                   locked<poise::smooth_weighted_round_robin>, locked<poise::least_connections>,
                   locked<poise::least_loaded>, locked<poise::any_selector>) {
    if constexpr (std::same_as<TestType, locked<poise::any_selector>>) {
        // it has no default: which one it is must be said
        TestType chosen{poise::any_selector(poise::smooth_weighted_round_robin())};
        shared_pool<std::string, TestType> pool{std::move(chosen)};
        add_three(pool);
        auto mine = pool.subscribe();
        CHECK(order(mine, 7) == "aabacaa");
    } else {
        shared_pool<std::string, TestType> pool;
        auto mine = pool.subscribe();
        CHECK_FALSE(next(mine));
        add_three(pool);
        CHECK(pool.size() == 3);
        for (std::uint64_t turn = 0; turn < 50; ++turn) {
            const std::vector<std::uint64_t> tried{1, turn % 2 + 2};
            const auto lease = [&] {
                if constexpr (requires { mine.acquire(poise::except(tried)); }) {
                    return mine.acquire(poise::except(tried));
                } else {
                    return mine.acquire(poise::key_hash{turn}, poise::except(tried));
                }
            }();
            REQUIRE(lease);
            CHECK(lease->id() == 3 - turn % 2);
            CHECK(pool.in_flight(lease->id()) == 1);
        }
        pool.remove(1);
        pool.set_weight(2, 0);
        for (std::uint64_t turn = 0; turn < 20; ++turn) CHECK(**next(mine, turn) == "c");
        const std::uint64_t id = pool.add("d");
        CHECK(mine.find(id)->get() == "d");
        CHECK(mine.members().size() == 3);
        CHECK_FALSE(mine.find(1));
    }
}

TEST_CASE("shared_pool: one thread gets the order of smooth, all threads together do") {
    ticketed_pool pool;
    add_three(pool);
    auto mine = pool.subscribe();
    auto other = pool.subscribe();
    CHECK(order(mine, 3) == "aab");
    CHECK(order(other, 2) == "ac");
    CHECK(order(mine, 2) == "aa");
    shared_pool<std::string, poise::phased_weighted_round_robin> apart;
    add_three(apart);
    auto first = apart.subscribe();
    auto second = apart.subscribe();
    CHECK(order(first, 7) == "aabacaa");
    CHECK(order(second, 7) == "caaaaba"); // from the fifth of seven turns on
}

TEST_CASE("shared_pool: a load selector is given what is in flight, on whatever thread it began") {
    shared_pool<std::string, poise::basic_least_loaded<poise::ties::first>> pool;
    add_three(pool);
    std::vector<poise::lease<std::string>> open;
    std::thread([&] {
        auto there = pool.subscribe();
        for (int i = 0; i < 6; ++i) open.push_back(std::move(*there.acquire()));
    }).join();
    CHECK(pool.in_flight(1) == 4);
    CHECK(pool.in_flight(2) == 1);
    auto mine = pool.subscribe();
    CHECK(**mine.acquire() == "a"); // 4 of 5, where b and c have 1 of 1
    std::thread([&] { open.clear(); }).join();
    for (const std::uint64_t id : {1U, 2U, 3U}) CHECK(pool.in_flight(id) == 0);
}

TEST_CASE("shared_pool: a locked selector counts and hears of failures") {
    shared_pool<std::string, locked<counting_selector>> pool;
    pool.add("a", {.id = 1});
    auto mine = pool.subscribe();
    auto lease = mine.acquire();
    pool.add("b", {.id = 2}); // the lease began before that
    lease->finish(outcome::failure);
    CHECK(pool.in_flight(1) == 0);
    shared_pool<std::string, locked<poise::smooth_weighted_round_robin>> nginx;
    add_three(nginx);
    auto handle = nginx.subscribe();
    poise::pool<std::string, poise::smooth_weighted_round_robin> plain;
    add_three(plain);
    for (int turn = 0; turn < 100; ++turn) {
        auto here = handle.acquire();
        auto there = plain.acquire();
        REQUIRE(here->id() == there->id());
        const outcome how = turn % 3 == 0 ? outcome::failure : outcome::success;
        here->finish(how);
        there->finish(how);
        if (turn % 10 == 0) {
            nginx.set_weight(1, 5 + static_cast<std::uint32_t>(turn) / 10);
            plain.set_weight(1, 5 + static_cast<std::uint32_t>(turn) / 10);
        }
    }
}

TEST_CASE("shared_pool: locked least_connections loses no count when the membership changes") {
    shared_pool<std::string, locked<poise::least_connections>> pool;
    pool.assign({{"a", {.id = 1}}, {"b", {.id = 2}}});
    auto mine = pool.subscribe();
    std::vector<poise::lease<std::string>> open;
    for (int i = 0; i < 6; ++i) open.push_back(std::move(*mine.acquire())); // three each
    pool.add("c", {.id = 3});
    CHECK(order(mine, 2) == "cc");
    for (int i = 0; i < 3; ++i) open.push_back(std::move(*mine.acquire()));
    CHECK(pool.in_flight(3) == 3);
    open.clear();
    std::string each;
    for (int i = 0; i < 3; ++i) {
        open.push_back(std::move(*mine.acquire()));
        each += *open.back();
    }
    std::ranges::sort(each);
    CHECK(each == "abc");
}

TEST_CASE("shared_pool: a lease outlives its member, the pool and the handle, and counts for its own incarnation") {
    auto pool = std::make_unique<ticketed_pool>();
    pool->add("first", {.id = 1});
    auto mine = std::make_optional(pool->subscribe());
    auto lease = mine->acquire();
    pool->change([](auto& draft) {
        draft.remove(1);
        draft.add("second", {.id = 1});
    });
    CHECK(pool->in_flight(1) == 0);
    auto later = mine->acquire();
    CHECK(**later == "second");
    CHECK(**lease == "first");
    lease->finish(outcome::success);
    CHECK(pool->in_flight(1) == 1);
    CHECK(**lease == "first");
    pool.reset();
    CHECK_FALSE(mine->acquire());
    CHECK(mine->members().empty());
    mine.reset();
    CHECK(**later == "second");
    later->finish(outcome::failure);
    CHECK(**later == "second");
}

TEST_CASE("shared_pool: an endpoint is destroyed when nobody can have it any more") {
    const auto endpoint = std::make_shared<int>(7);
    shared_pool<std::shared_ptr<int>, poise::first_available> pool;
    pool.add(endpoint, {.id = 1});
    pool.add(nullptr, {.id = 2});
    CHECK(endpoint.use_count() == 2);
    auto idle = pool.subscribe();
    auto mine = pool.subscribe();
    {
        const auto lease = mine.acquire();
        pool.remove(1);
        static_cast<void>(mine.acquire());
        CHECK(endpoint.use_count() == 2); // the lease, and the handle that is idle
        idle.park();
        CHECK(endpoint.use_count() == 2);
        CHECK(pool.versions() == 1);
    }
    CHECK(endpoint.use_count() == 1);
    CHECK(idle.acquire()->id() == 2);
}

TEST_CASE("shared_pool: who fails too often is down for every thread, until its time is over") {
    guarded_pool pool;
    add_three(pool);
    pool.advance(seconds(100));
    auto mine = pool.subscribe();
    auto other = pool.subscribe();
    CHECK(order(mine, 1, outcome::failure) == "a");
    CHECK(order(other, 4) == "bcbc");
    pool.set_weight(2, 2); // it stays down
    CHECK(order(mine, 3).find('a') == std::string::npos);
    pool.advance(seconds(111));
    auto probe = other.acquire([](poise::slot where) { return where == poise::slot{0}; });
    REQUIRE(probe); // one for each window
    CHECK(order(mine, 6).find('a') == std::string::npos);
    probe->finish(outcome::success);
    CHECK(order(mine, 8).find('a') != std::string::npos);
    pool.remove(1);
    CHECK(order(other, 3).find('a') == std::string::npos);
    const std::vector<std::uint64_t> tried{2};
    CHECK(**other.acquire(poise::except(tried)) == "c");
}

TEST_CASE("shared_pool: while somebody is down, every kind of accept holds") {
    guarded_pool pool;
    pool.assign({{"a", {.id = 1}}, {"b", {.id = 2}}, {"c", {.id = 3}}, {"d", {.id = 4}}});
    pool.advance(seconds(1));
    auto mine = pool.subscribe();
    CHECK(order(mine, 1, outcome::failure) == "a");
    const std::vector<std::uint64_t> tried{2};
    const auto not_last = [](poise::slot where) {
        return where != poise::slot{3};
    };
    for (int i = 0; i < 20; ++i) {
        CHECK(mine.acquire()->id() != 1);
        CHECK(mine.acquire(poise::except(tried))->id() >= 3);
        CHECK(mine.acquire(not_last)->id() != 4);
        CHECK(mine.acquire(poise::except(tried).within(not_last))->id() == 3);
    }
    const std::vector<std::uint64_t> others{2, 3, 4};
    CHECK_FALSE(mine.acquire(poise::except(others)));
}

TEST_CASE("shared_pool: a change that fails has changed nothing") {
    ticketed_pool pool;
    add_three(pool);
    auto mine = pool.subscribe();
    CHECK(order(mine, 2) == "aa");
    CHECK_THROWS_AS(pool.add("twin", {.id = 2}), std::invalid_argument);
    CHECK_THROWS_AS(pool.add("heavy", {.id = 9, .weight = 0xffffffffU}), std::invalid_argument);
    CHECK_THROWS_AS(pool.remove(4), std::invalid_argument);
    CHECK_THROWS_AS(pool.change([](auto&) { throw std::runtime_error("no"); }), std::runtime_error);
    CHECK(pool.size() == 3);
    CHECK(order(mine, 5) == "bacaa");
    for (std::uint64_t enough = 0;; ++enough) {
        try {
            const allocation_limit limit(enough);
            pool.set_weight(2, 3);
            break;
        } catch (const std::bad_alloc&) {
            REQUIRE(pool.versions() == 1);
            REQUIRE(mine.members()[1].weight == 1);
        }
    }
    CHECK(mine.members()[1].weight == 3);
}

TEST_CASE("shared_pool: a choice allocates nothing") {
    guarded_pool pool;
    add_three(pool);
    auto mine = pool.subscribe();
    const std::uint64_t before = allocations();
    for (int i = 0; i < 20; ++i) {
        auto lease = mine.acquire();
        if (lease) lease->finish(i % 4 == 0 ? outcome::failure : outcome::success);
    }
    mine.park();
    CHECK(allocations() == before);
}

TEST_CASE("shared_pool: moved, it is the same pool") {
    ticketed_pool pool;
    add_three(pool);
    auto mine = pool.subscribe();
    ticketed_pool moved = std::move(pool);
    pool = ticketed_pool();
    moved.add("d", {.id = 4, .weight = 5});
    CHECK(mine.members().size() == 4);
    moved = ticketed_pool();
    CHECK(mine.members().empty());
}
