// SPDX-License-Identifier: MIT
// Choosing from a pool; its membership, guarantees and layers have files of their own.
#include <poise/pool.hpp>

#include <catch2/catch_test_macros.hpp>

#include <memory>
#include <string>
#include <type_traits>

#include <poise/poise.hpp>

#include "support/allocations.hpp"
#include "support/archetypes.hpp"

using namespace test;
using poise::outcome;

namespace {

using smooth_pool = poise::pool<std::string, poise::smooth_weighted_round_robin>;

template <class Pool>
concept acquires_without_key = requires(Pool& pool) { pool.acquire(); };
template <class Pool>
concept acquires_by_key = requires(Pool& pool) { pool.acquire(poise::key_hash{1}); };
template <class Pool>
concept accepts_numbers = requires(Pool& pool) { pool.acquire([](poise::slot) { return 1; }); };

} // namespace

static_assert(acquires_without_key<smooth_pool> && !acquires_by_key<smooth_pool> && !accepts_numbers<smooth_pool>);
static_assert(acquires_by_key<poise::pool<int, modulo_selector>>);
static_assert(!acquires_without_key<poise::pool<int, modulo_selector>>);
static_assert(acquires_without_key<poise::pool<int, least_selector>> &&
              !acquires_by_key<poise::pool<int, least_selector>>);
static_assert(!std::is_copy_constructible_v<smooth_pool> && std::is_nothrow_move_constructible_v<smooth_pool>);
static_assert(!std::is_copy_assignable_v<smooth_pool> && std::is_nothrow_move_assignable_v<smooth_pool>);

TEST_CASE("pool: an empty one has nobody") {
    smooth_pool pool;
    CHECK_FALSE(pool.acquire());
    CHECK(pool.size() == 0);
    CHECK(pool.members().empty());
    CHECK_FALSE(pool.find(0));
    CHECK(pool.in_flight(0) == 0);
}

TEST_CASE("pool: chooses as its selector does") {
    smooth_pool pool;
    pool.add("a", 5);
    pool.add("b");
    pool.add("c", 1);
    std::string order;
    for (int i = 0; i < 14; ++i) order += **pool.acquire();
    CHECK(order == "aabacaaaabacaa");
}

TEST_CASE("pool: takes a selector with its options") {
    smooth_pool pool(poise::smooth_weighted_round_robin({.max_fails = 0}));
    pool.add("a", 5);
    pool.acquire()->finish(outcome::failure);
    CHECK(pool.selector().effective_weight(poise::slot{0}) == 5);
    poise::pool<std::string, poise::round_robin> apart(poise::round_robin({.phase = 1}));
    apart.assign({{"a", {.id = 1}}, {"b", {.id = 2}}});
    CHECK(apart.acquire()->id() == 2);
}

TEST_CASE("pool: a failure reaches a failure-aware selector, nothing else does") {
    smooth_pool pool;
    pool.add("a", 4);
    const auto effective = [&pool] {
        return pool.selector().effective_weight(poise::slot{0});
    };
    pool.acquire()->finish(outcome::success);
    pool.acquire()->finish(outcome::cancelled);
    static_cast<void>(pool.acquire());
    CHECK(effective() == 4);
    pool.acquire()->finish(outcome::failure);
    CHECK(effective() == 0);
}

TEST_CASE("pool: a retry passes the tried ids and ends when everybody was tried") {
    smooth_pool pool;
    pool.add("a", 5);
    pool.add("b", 1);
    pool.add("drained", 0);
    std::vector<std::uint64_t> tried;
    std::string order;
    while (auto lease = pool.acquire(poise::except(tried))) {
        tried.push_back(lease->id());
        order += **lease;
        lease->finish(outcome::failure);
    }
    CHECK(order == "ab");
    CHECK(pool.acquire());
}

TEST_CASE("pool: an accept is asked about slots of its members") {
    smooth_pool pool;
    pool.add("a", 5);
    pool.add("b", 1);
    const auto only_b = [&pool](poise::slot where) {
        return pool.find(pool.members()[static_cast<std::size_t>(where)].id)->get() == "b";
    };
    for (int i = 0; i < 3; ++i) CHECK(**pool.acquire(only_b) == "b");
    CHECK_FALSE(pool.acquire([](poise::slot) { return false; }));
}

TEST_CASE("pool: counts what is in flight, by id") {
    smooth_pool pool;
    const std::uint64_t a = pool.add("a", 2);
    const std::uint64_t b = pool.add("b", 1);
    std::vector<poise::lease<std::string>> leases;
    for (int i = 0; i < 9; ++i) leases.push_back(*pool.acquire());
    CHECK(pool.in_flight(a) == 6);
    CHECK(pool.in_flight(b) == 3);
    CHECK(pool.in_flight(12345) == 0);
    pool.set_weight(a, 0);
    CHECK(pool.in_flight(a) == 6);
    leases.clear();
    CHECK(pool.in_flight(a) == 0);
    CHECK(pool.in_flight(b) == 0);
}

TEST_CASE("pool: choosing and reporting allocate nothing") {
    smooth_pool pool;
    pool.add("a", 5);
    pool.add("b", 1);
    const std::vector<std::uint64_t> tried{0};
    const std::uint64_t before = allocations();
    for (int i = 0; i < 20; ++i) {
        auto first = pool.acquire();
        auto second = pool.acquire(poise::except(tried));
        first->finish(outcome::failure);
        second->finish(outcome::success);
    }
    CHECK(allocations() == before);
}

TEST_CASE("pool: moved, it goes on where it was, and open leases report to where it is now") {
    smooth_pool first;
    first.add("a", 4);
    auto lease = first.acquire();
    std::string* const endpoint = &**lease;
    smooth_pool second = std::move(first);
    CHECK(second.in_flight(0) == 1);
    CHECK(&second.find(0)->get() == endpoint);
    lease->finish(outcome::failure);
    CHECK(second.in_flight(0) == 0);
    CHECK(second.selector().effective_weight(poise::slot{0}) == 0);

    smooth_pool third;
    third.add("old");
    auto lost = third.acquire();
    auto open = second.acquire();
    third = std::move(second);
    lost->finish(outcome::failure); // its pool is gone
    CHECK(**lost == "old");
    CHECK(third.in_flight(0) == 1);
    CHECK(third.selector().effective_weight(poise::slot{0}) == 1);
    open->finish(outcome::failure);
    CHECK(third.in_flight(0) == 0);
    CHECK(third.selector().effective_weight(poise::slot{0}) == 0);
    CHECK(third.add("next") == 1);
}

TEST_CASE("pool: moved from, it is empty and may be used again") {
    smooth_pool first;
    first.add("a");
    first.add("b");
    const smooth_pool second = std::move(first);
    CHECK(second.size() == 2);
    CHECK(first.size() == 0); // NOLINT(bugprone-use-after-move): that is the question
    CHECK_FALSE(first.acquire());
    first.add("c", {.id = 9});
    CHECK(**first.acquire() == "c");
}

TEST_CASE("pool: moved onto itself, it keeps everything") {
    smooth_pool pool;
    pool.add("a", 4);
    auto lease = pool.acquire();
    smooth_pool& same = pool;
    pool = std::move(same);
    CHECK(pool.size() == 1);
    lease->finish(outcome::failure);
    CHECK(pool.selector().effective_weight(poise::slot{0}) == 0);
}

TEST_CASE("pool: holds endpoints that can only be moved, at one address") {
    poise::pool<std::unique_ptr<int>, poise::round_robin> pool;
    const std::uint64_t id = pool.add(std::make_unique<int>(7));
    std::unique_ptr<int>* const address = &pool.find(id)->get();
    for (int i = 0; i < 50; ++i) pool.add(std::make_unique<int>(i));
    auto everyone = std::vector<std::pair<std::unique_ptr<int>, poise::member>>();
    everyone.emplace_back(std::make_unique<int>(8), poise::member{.id = 1000});
    everyone.emplace_back(nullptr, poise::member{.id = id});
    pool.assign(std::move(everyone));
    CHECK(&pool.find(id)->get() == address);
    CHECK(**address == 7);
    CHECK(pool.size() == 2);
}
