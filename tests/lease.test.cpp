// SPDX-License-Identifier: MIT
#include <poise/lease.hpp>

#include <catch2/catch_test_macros.hpp>

#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include <poise/pool.hpp>

#include "support/archetypes.hpp"

using namespace test;
using poise::outcome;

namespace {

using text_pool = poise::pool<std::string, counting_selector>;
using text_lease = poise::lease<std::string>;

text_pool pool_of_two() {
    text_pool pool;
    pool.add("a", {.id = 1});
    pool.add("b", {.id = 2});
    return pool;
}

} // namespace

static_assert(std::is_nothrow_move_constructible_v<text_lease> && std::is_nothrow_move_assignable_v<text_lease>);
static_assert(!std::is_copy_constructible_v<text_lease> && !std::is_copy_assignable_v<text_lease>);
static_assert(!std::is_default_constructible_v<text_lease>, "a lease is of something");
static_assert(std::is_same_v<decltype(*std::declval<const text_lease&>()), std::string&>);

TEST_CASE("lease: the first report counts, and only once") {
    for (const auto how : {outcome::success, outcome::failure, outcome::cancelled}) {
        text_pool pool = pool_of_two();
        {
            auto lease = pool.acquire();
            REQUIRE(lease);
            CHECK(pool.in_flight(1) == 1);
            CHECK(pool.selector().open.at(1) == 1);
            lease->finish(how);
            lease->finish(outcome::failure);
            lease->finish(outcome::success);
            CHECK(pool.in_flight(1) == 0);
        }
        CHECK(pool.in_flight(1) == 0);
        CHECK(pool.selector().open.at(1) == 0);
        CHECK(pool.selector().failures.contains(1) == (how == outcome::failure));
        CHECK(pool.selector().successes.contains(1) == (how == outcome::success));
    }
}

TEST_CASE("lease: forgotten is cancelled") {
    text_pool pool = pool_of_two();
    {
        const auto lease = pool.acquire();
    }
    CHECK(pool.in_flight(1) == 0);
    CHECK(pool.selector().open.at(1) == 0);
    CHECK(pool.selector().failures.empty());
    CHECK(pool.selector().successes.empty());
}

TEST_CASE("lease: the endpoint stays valid after finish") {
    text_pool pool = pool_of_two();
    auto lease = pool.acquire();
    lease->finish(outcome::success);
    CHECK(**lease == "a");
    CHECK((*lease)->size() == 1);
    CHECK(lease->id() == 1);
    **lease += "!";
    CHECK(pool.find(1)->get() == "a!");
}

TEST_CASE("lease: moving it moves the one report") {
    text_pool pool = pool_of_two();
    auto first = pool.acquire();
    text_lease second = std::move(*first);
    first->finish(outcome::failure); // moved from: nothing to report
    first.reset();
    CHECK(pool.in_flight(1) == 1);
    CHECK(*second == "a");
    second.finish(outcome::success);
    CHECK(pool.in_flight(1) == 0);
    CHECK(pool.selector().failures.empty());
    CHECK(pool.selector().successes.at(1) == 1);
    text_lease finished = std::move(second); // moved when finished: still valid, still finished
    CHECK(*finished == "a");
    finished.finish(outcome::failure);
    CHECK(pool.selector().failures.empty());
}

TEST_CASE("lease: assigned to, the old choice is cancelled and the new one goes on") {
    text_pool pool = pool_of_two();
    auto a = pool.acquire();
    const std::vector<std::uint64_t> tried{1};
    auto b = pool.acquire(poise::except(tried));
    REQUIRE(b->id() == 2);
    *a = std::move(*b);
    CHECK(pool.in_flight(1) == 0);
    CHECK(pool.in_flight(2) == 1);
    CHECK(a->id() == 2);
    text_lease& same = *a;
    *a = std::move(same);
    CHECK(pool.in_flight(2) == 1);
    CHECK(a->id() == 2);
    a->finish(outcome::success);
    b->finish(outcome::failure);
    CHECK(pool.in_flight(2) == 0);
    CHECK(pool.selector().failures.empty());
    CHECK(pool.selector().successes.size() == 1);
}

TEST_CASE("lease: outlives its pool, and the endpoint with it") {
    std::optional<text_lease> lease;
    std::optional<text_lease> other;
    {
        text_pool pool = pool_of_two();
        lease = pool.acquire();
        other = pool.acquire();
    }
    CHECK(**lease == "a");
    lease->finish(outcome::failure);
    CHECK(lease->id() == 1);
    lease.reset();
    CHECK(**other == "a");
}

TEST_CASE("lease: the endpoint dies with the last of pool and lease") {
    const auto endpoint = std::make_shared<int>(7);
    poise::pool<std::shared_ptr<int>, first_selector> pool;
    const std::uint64_t id = pool.add(endpoint);
    {
        const auto lease = pool.acquire();
        pool.remove(id);
        CHECK(endpoint.use_count() == 2);
    }
    CHECK(endpoint.use_count() == 1);
}

TEST_CASE("lease: outlives its member, and then reports to nobody") {
    text_pool pool = pool_of_two();
    auto lease = pool.acquire();
    pool.remove(1);
    CHECK(**lease == "a");
    CHECK(pool.in_flight(1) == 0);
    lease->finish(outcome::failure);
    CHECK(pool.selector().failures.empty());
    CHECK(pool.in_flight(2) == 0);
}

TEST_CASE("lease: belongs to one incarnation of its member") {
    text_pool pool = pool_of_two();
    auto old = pool.acquire();
    pool.remove(1);
    pool.add("a again", {.id = 1});
    CHECK(pool.in_flight(1) == 0);
    const std::vector<std::uint64_t> tried{2};
    auto young = pool.acquire(poise::except(tried));
    CHECK(**young == "a again");
    CHECK(pool.in_flight(1) == 1);
    old->finish(outcome::failure);
    CHECK(**old == "a");
    CHECK(pool.in_flight(1) == 1);
    CHECK(pool.selector().failures.empty());
    young->finish(outcome::success);
    CHECK(pool.in_flight(1) == 0);
}

TEST_CASE("lease: finds its member where it stands now") {
    text_pool pool = pool_of_two();
    auto lease = pool.acquire();
    pool.assign([] {
        std::vector<std::pair<std::string, poise::member>> everyone;
        everyone.emplace_back("c", poise::member{.id = 3});
        everyone.emplace_back("b", poise::member{.id = 2});
        everyone.emplace_back("ignored", poise::member{.id = 1});
        return everyone;
    }());
    CHECK(pool.in_flight(1) == 1);
    lease->finish(outcome::failure);
    CHECK(pool.in_flight(1) == 0);
    CHECK(pool.selector().failures.size() == 1);
    CHECK(pool.selector().failures.at(1) == 1);
    CHECK(pool.selector().open.at(1) == 0);
}
