// SPDX-License-Identifier: MIT
// A pool around least_connections, least_loaded, keyed_or and a ring.
#include <poise/pool.hpp>

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include <poise/poise.hpp>

#include "support/all_selectors.hpp"
#include "support/random.hpp"

using namespace test;
using poise::key_hash;
using poise::outcome;

namespace {

using counting_pool = poise::pool<std::string, poise::least_connections>;
using loaded_pool = poise::pool<std::string, poise::least_loaded>;

template <class Pool>
void add_three(Pool& pool) {
    pool.assign({{"a", {.id = 10}}, {"b", {.id = 20}}, {"c", {.id = 30}}});
}

/// What the selector counts, by id.
std::uint64_t counted(const counting_pool& pool, std::uint64_t id) {
    for (std::size_t i = 0; i < pool.size(); ++i) {
        if (pool.members()[i].id == id) return pool.selector().connections(static_cast<poise::slot>(i));
    }
    return 0;
}

} // namespace

TEST_CASE("pool: with least_connections, leases are the connections") {
    counting_pool pool;
    add_three(pool);
    auto a = pool.acquire();
    auto b = pool.acquire();
    auto c = pool.acquire();
    CHECK(**a + **b + **c == "abc");
    CHECK(counted(pool, 20) == 1);
    b->finish(outcome::success);
    b->finish(outcome::success);
    CHECK(counted(pool, 20) == 0);
    auto again = pool.acquire();
    CHECK(**again == "b");
    c.reset(); // forgotten
    CHECK(counted(pool, 30) == 0);
    auto moved = std::move(*again);
    again.reset();
    CHECK(counted(pool, 20) == 1);
    pool.remove(20);
    pool.add("new b", {.id = 20});
    CHECK(counted(pool, 20) == 0);
    moved.finish(outcome::failure); // of an earlier incarnation
    CHECK(counted(pool, 20) == 0);
    counting_pool elsewhere = std::move(pool);
    CHECK(counted(elsewhere, 10) == 1);
    a->finish(outcome::cancelled);
    CHECK(counted(elsewhere, 10) == 0);
}

TEST_CASE("pool: with least_connections, the count is what is in flight, whatever happens") {
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        INFO("seed " << seed);
        random_source random(seed);
        counting_pool pool;
        std::deque<poise::lease<std::string>> leases;
        for (int step = 0; step < 500; ++step) {
            const std::uint64_t id = random.below(6);
            const bool known = pool.find(id).has_value();
            switch (random.below(12)) {
            case 0:
                if (!known) pool.add("x", {.id = id, .weight = random.between(1, 3)});
                break;
            case 1:
                if (known && random.one_in(3)) pool.remove(id);
                break;
            case 2:
                if (known) pool.set_weight(id, random.below(4));
                break;
            case 3:
                if (!known) break;
                pool.change([id](auto& draft) { // the same id, somebody else
                    draft.remove(id);
                    draft.add("y", poise::member{.id = id, .weight = 2});
                });
                break;
            case 4:
            case 5:
            case 6:
                if (leases.empty()) break;
                std::swap(leases[random.index(leases.size())], leases.front());
                if (random.one_in(2)) leases.front().finish(random.one_in(2) ? outcome::success : outcome::failure);
                leases.pop_front();
                break;
            default: {
                const std::array<std::uint64_t, 1> tried{id};
                if (auto lease = pool.acquire(poise::except(tried))) leases.push_back(std::move(*lease));
            }
            }
            std::uint64_t open = 0;
            for (std::size_t i = 0; i < pool.size(); ++i) {
                const std::uint64_t who = pool.members()[i].id;
                REQUIRE(counted(pool, who) == pool.in_flight(who));
                open += counted(pool, who);
            }
            REQUIRE(open <= leases.size());
        }
        leases.clear();
        for (const poise::member& m : pool.members()) REQUIRE(counted(pool, m.id) == 0);
    }
}

TEST_CASE("pool: with least_loaded, what is in flight is the load") {
    loaded_pool pool;
    pool.assign({{"a", {.id = 10, .weight = 2}}, {"b", {.id = 20, .weight = 1}}});
    std::vector<poise::lease<std::string>> leases;
    std::string order;
    for (int i = 0; i < 6; ++i) {
        leases.push_back(*pool.acquire());
        order += *leases.back();
    }
    CHECK(order == "ababaa"); // at 0 and at 1 there is a tie: the first is settled for a, the next for b
    CHECK(pool.in_flight(10) == 4);
    CHECK(pool.in_flight(20) == 2);
    leases.front().finish(outcome::success);
    CHECK(**pool.acquire() == "a");
    const std::array<std::uint64_t, 1> tried{10};
    CHECK(**pool.acquire(poise::except(tried)) == "b");
}

TEST_CASE("pool: with least_loaded and least_connections, the same choices") {
    loaded_pool by_load;
    counting_pool counting;
    add_three(by_load);
    add_three(counting);
    random_source random(1);
    std::vector<std::pair<poise::lease<std::string>, poise::lease<std::string>>> leases;
    for (int step = 0; step < 2000; ++step) {
        if (!leases.empty() && random.one_in(2)) {
            std::swap(leases[random.index(leases.size())], leases.back());
            leases.pop_back();
            continue;
        }
        auto one = by_load.acquire();
        auto other = counting.acquire();
        REQUIRE((one && other));
        REQUIRE(one->id() == other->id());
        leases.emplace_back(std::move(*one), std::move(*other));
    }
}

TEST_CASE("pool: with keyed_or, by key and without") {
    poise::pool<std::string, modulo_or_cursor> pool;
    add_three(pool);
    CHECK(**pool.acquire(key_hash{4}) == "b");
    CHECK(**pool.acquire(key_hash{4}) == "b");
    std::string order;
    for (int i = 0; i < 4; ++i) order += **pool.acquire();
    CHECK(order == "abca");
    const std::array<std::uint64_t, 1> tried{20};
    CHECK(**pool.acquire(key_hash{4}, poise::except(tried)) == "c");
    CHECK(**pool.acquire(poise::except(tried)) == "c");
    CHECK(**pool.acquire(poise::except(tried)) == "a");
    CHECK(**pool.acquire(key_hash{4}, [](poise::slot where) { return where == poise::slot{0}; }) == "a");
    pool.set_weight(20, 0);
    CHECK(**pool.acquire(key_hash{3}) == "c");
    CHECK_FALSE(pool.acquire(key_hash{4}, [](poise::slot) { return false; }));
    CHECK_FALSE(pool.acquire([](poise::slot) { return false; }));
}

TEST_CASE("pool: with keyed_or around counting selectors, the connections of keys count") {
    poise::pool<std::string, poise::keyed_or<poise::modulo_hash, poise::least_connections>> pool;
    add_three(pool);
    auto first = pool.acquire(key_hash{0});
    auto second = pool.acquire(key_hash{1});
    auto third = pool.acquire();
    CHECK(**third == "c");
    first->finish(outcome::success);
    CHECK(**pool.acquire() == "a");
}

TEST_CASE("pool: with ketama_ring, one key always meets one member, and only the removed one's keys move") {
    poise::pool<std::string, poise::ketama_ring> pool;
    for (const char* server : {"10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80"}) {
        pool.add(server, {.id = poise::ketama_id(server)});
    }
    std::map<int, std::string> before;
    for (int key = 0; key < 300; ++key) {
        before[key] = **pool.acquire(poise::hashed(std::to_string(key), poise::hashes::crc32{}));
    }
    const std::uint64_t gone = poise::ketama_id("10.0.0.2:80");
    const std::array<std::uint64_t, 1> tried{gone};
    std::map<int, std::string> retried;
    for (int key = 0; key < 300; ++key) {
        retried[key] = **pool.acquire(poise::hashed(std::to_string(key), poise::hashes::crc32{}), poise::except(tried));
    }
    pool.remove(gone);
    for (int key = 0; key < 300; ++key) {
        const std::string now = **pool.acquire(poise::hashed(std::to_string(key), poise::hashes::crc32{}));
        REQUIRE(now == retried[key]);
        REQUIRE((now == before[key] || before[key] == "10.0.0.2:80"));
    }
}
