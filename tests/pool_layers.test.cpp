// SPDX-License-Identifier: MIT
// A pool around selectors of every kind, and around a health layer.
#include <poise/pool.hpp>

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <chrono>
#include <span>
#include <string>
#include <vector>

#include <poise/poise.hpp>

#include "support/archetypes.hpp"

using namespace test;
using poise::key_hash;
using poise::outcome;
using std::chrono::seconds;

namespace {

template <class Selector>
using pool_of = poise::pool<std::string, Selector>;

template <class Pool>
void add_three(Pool& pool) {
    pool.assign({{"a", {.id = 10}}, {"b", {.id = 20}}, {"c", {.id = 30}}});
}

/// A newcomer is unhealthy until the clock has moved; after that, whoever has been given one request, until it ends.
class one_at_a_time {
  public:
    void assign(std::span<const poise::member> members) { ready_.assign(members.size(), false); }
    bool healthy(poise::slot where) const noexcept { return ready_[static_cast<std::size_t>(where)]; }
    void selected(poise::slot where) noexcept { ready_[static_cast<std::size_t>(where)] = false; }
    void finished(poise::slot where, outcome) noexcept { ready_[static_cast<std::size_t>(where)] = true; }
    bool advance(int) noexcept {
        ready_.assign(ready_.size(), true);
        return true;
    }

  private:
    std::vector<bool> ready_;
};

/// A health layer without a clock.
struct timeless {
    void assign(std::span<const poise::member>) {}
    bool healthy(poise::slot) const noexcept { return true; }
    void selected(poise::slot) noexcept {}
    void finished(poise::slot, outcome) noexcept {}
};

template <class Pool, class Now>
concept takes_time = requires(Pool& pool, const Now& now) { pool.advance(now); };

using guarded_pool = poise::pool<std::string, poise::round_robin, two_strikes>;

void fails(guarded_pool& pool, std::uint64_t id) {
    pool.acquire([&](poise::slot where) { return pool.members()[static_cast<std::size_t>(where)].id == id; })
        ->finish(outcome::failure);
}

std::string next(guarded_pool& pool, int choices) {
    std::string order;
    for (int i = 0; i < choices; ++i) {
        auto lease = pool.acquire();
        order += lease ? **lease : "-";
    }
    return order;
}

} // namespace

static_assert(poise::health_layer<two_strikes> && poise::health_layer<poise::always_healthy>);
static_assert(!poise::health_layer<plain_selector>);
static_assert(poise::timed_health_layer<two_strikes, int> && !poise::timed_health_layer<two_strikes, std::string>);
static_assert(takes_time<poise::pool<int, poise::round_robin, two_strikes>, int> &&
              takes_time<poise::pool<int, poise::lvs_locality, timeless>, seconds> &&
              !takes_time<poise::pool<int, poise::lvs_locality, timeless>, int> &&
              !takes_time<poise::pool<int, poise::round_robin, timeless>, seconds>);
static_assert(takes_time<pool_of<poise::lvs_locality>, seconds> && takes_time<pool_of<poise::round_robin>, int> &&
                  !takes_time<pool_of<poise::lvs_locality>, int> &&
                  !takes_time<pool_of<poise::with_backup<poise::lvs_locality>>, int>,
              "always_healthy takes any time, but no selector's clock may stand still for that");

TEST_CASE("pool: a selector that only knows slots gets except with the membership bound") {
    pool_of<first_selector> pool;
    add_three(pool);
    const std::array<std::uint64_t, 2> tried{10, 20};
    CHECK(**pool.acquire(poise::except(tried)) == "c");
    pool.remove(10);
    CHECK(**pool.acquire(poise::except(tried)) == "c");
    pool.remove(30);
    CHECK_FALSE(pool.acquire(poise::except(tried)));
    CHECK(pool.acquire());
}

TEST_CASE("pool: a keyed selector is asked by key") {
    pool_of<modulo_selector> pool;
    add_three(pool);
    CHECK(**pool.acquire(key_hash{4}) == "b");
    CHECK(**pool.acquire(key_hash{4}) == "b");
    const std::array<std::uint64_t, 1> tried{20};
    CHECK(**pool.acquire(key_hash{4}, poise::except(tried)) == "c");
    CHECK(**pool.acquire(key_hash{4}, [](poise::slot where) { return where == poise::slot{0}; }) == "a");
}

TEST_CASE("pool: a load selector is given what is in flight") {
    pool_of<least_selector> pool;
    add_three(pool);
    auto a = pool.acquire();
    auto b = pool.acquire();
    CHECK(**a == "a");
    CHECK(**b == "b");
    auto c = pool.acquire();
    CHECK(**c == "c");
    b->finish(outcome::success);
    auto again = pool.acquire();
    CHECK(**again == "b");
    const std::array<std::uint64_t, 1> tried{10};
    a->finish(outcome::cancelled);
    CHECK(**pool.acquire(poise::except(tried)) == "b");
    CHECK(**pool.acquire() == "a");
}

TEST_CASE("pool: a selector that counts connections hears of each opened and closed, once") {
    pool_of<counting_selector> pool;
    add_three(pool);
    auto first = pool.acquire();
    auto second = pool.acquire();
    CHECK_FALSE(pool.acquire([](poise::slot) { return false; }));
    CHECK(pool.selector().open.at(10) == 2);
    first->finish(outcome::failure);
    first->finish(outcome::failure);
    CHECK(pool.selector().open.at(10) == 1);
    second.reset();
    CHECK(pool.selector().open.at(10) == 0);
    CHECK(pool.selector().failures.at(10) == 1);
}

TEST_CASE("pool: whom the health layer calls unhealthy is not chosen, until it is healthy again") {
    guarded_pool pool;
    add_three(pool);
    pool.advance(100);
    fails(pool, 20);
    CHECK(next(pool, 3) == "cab");
    fails(pool, 20);
    CHECK(next(pool, 4) == "caca");
    pool.advance(109);
    CHECK(next(pool, 2) == "ca");
    pool.advance(110);
    CHECK(next(pool, 3) == "bca");
    fails(pool, 20);
    CHECK(next(pool, 2) == "ca");
}

TEST_CASE("pool: nobody healthy is nobody") {
    guarded_pool pool;
    add_three(pool);
    for (const std::uint64_t id : {10U, 20U, 30U, 10U, 20U, 30U}) fails(pool, id);
    CHECK(next(pool, 2) == "--");
    pool.advance(two_strikes::rest);
    CHECK(next(pool, 3) == "abc");
}

TEST_CASE("pool: health stays with the member through every change") {
    guarded_pool pool;
    add_three(pool);
    fails(pool, 20);
    fails(pool, 20);
    pool.change([](auto& draft) {
        draft.remove(10);
        draft.add("d", poise::member{.id = 40});
    });
    CHECK(next(pool, 3) == "cdc");
    guarded_pool moved = std::move(pool);
    CHECK(next(moved, 2) == "dc");
    moved.remove(20);
    moved.add("b", {.id = 20});
    CHECK(next(moved, 3) == "dbc");
}

TEST_CASE("pool: the health layer hears of selections and of ends, of living members only") {
    guarded_pool pool;
    add_three(pool);
    auto a = pool.acquire();
    auto b = pool.acquire();
    CHECK(pool.health().selections(0) == 1);
    CHECK(pool.health().selections(1) == 1);
    CHECK(pool.health().selections(2) == 0);
    pool.remove(10);
    pool.add("a", {.id = 10});
    a->finish(outcome::failure);
    fails(pool, 10); // the first of this incarnation
    CHECK(next(pool, 3).find('a') != std::string::npos);
    b->finish(outcome::cancelled);
}

TEST_CASE("pool: health may change by joining and by being chosen") {
    poise::pool<std::string, poise::round_robin, one_at_a_time> pool;
    pool.assign({{"a", {.id = 1}}, {"b", {.id = 2}}});
    CHECK_FALSE(pool.acquire());
    pool.advance(1);
    auto a = pool.acquire();
    auto b = pool.acquire();
    REQUIRE((a && b));
    CHECK_FALSE(pool.acquire());
    b->finish(outcome::success);
    CHECK(**pool.acquire() == "b");
    CHECK(**pool.acquire() == "b");
}

TEST_CASE("pool: always_healthy costs no clock") {
    pool_of<poise::round_robin> pool;
    add_three(pool);
    pool.advance(1.5);
    for (int i = 0; i < 6; ++i) pool.acquire()->finish(outcome::failure);
    CHECK(**pool.acquire() == "a");
}

TEST_CASE("pool: the clock reaches a selector that goes by the time, and leases are its connections") {
    pool_of<poise::lvs_locality> pool(poise::lvs_locality({.expiration = seconds(10)}));
    add_three(pool);
    pool.advance(seconds(100));
    auto first = pool.acquire(key_hash{1});
    CHECK(**first == "a");
    pool.advance(seconds(60)); // does not go back
    pool.advance(seconds(109));
    CHECK(pool.selector().connections(poise::slot{0}) == 1);
    CHECK(**pool.acquire(key_hash{1}) == "a");
    pool.advance(seconds(119));
    CHECK(**pool.acquire(key_hash{1}) == "b");
    first->finish(outcome::success);
    CHECK(**pool.acquire() == "a");
    pool.remove(20);
    pool.add("new b", {.id = 20}); // somebody else
    CHECK(**pool.acquire(key_hash{1}) == "a");
}

TEST_CASE("pool: one clock for selector and health layer, of whichever type each takes") {
    using both = poise::pool<std::string, poise::lvs_locality, poise::nginx_passive>;
    both pool(poise::lvs_locality({.expiration = seconds(20)}));
    add_three(pool);
    pool.acquire(key_hash{1})->finish(outcome::failure);
    const auto lease = pool.acquire(key_hash{1});
    CHECK(**lease == "b");
    pool.advance(seconds(11));
    CHECK(**pool.acquire() == "a"); // healthy again
    CHECK(**pool.acquire(key_hash{1}) == "b");
    pool.advance(seconds(31));
    CHECK(**pool.acquire(key_hash{1}) == "a");

    poise::pool<std::string, poise::lvs_locality, two_strikes> apart(poise::lvs_locality({.expiration = seconds(20)}));
    add_three(apart);
    const auto first = apart.acquire(key_hash{1});
    apart.advance(1000);
    CHECK(**apart.acquire(key_hash{1}) == "a");
    apart.advance(seconds(20));
    CHECK(**apart.acquire(key_hash{1}) == "b");
}

// To disable and enable may cost a selector its table: it is for who changes, not for each choice.
TEST_CASE("pool: a choice enables nobody anew where health has no state") {
    struct enabled_seldom : first_selector {
        void enable(poise::slot where) noexcept {
            ++enabled;
            first_selector::enable(where);
        }
        int enabled = 0;
    };
    pool_of<enabled_seldom> pool;
    add_three(pool);
    CHECK(pool.selector().enabled == 3);
    for (int i = 0; i < 10; ++i) pool.acquire()->finish(outcome::failure);
    CHECK(pool.selector().enabled == 3);
}
