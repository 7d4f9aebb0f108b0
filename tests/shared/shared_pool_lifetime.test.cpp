// SPDX-License-Identifier: MIT
// Who lives how long, and what may be done meanwhile: pools, handles, endpoints, and what was replaced.
#include <poise/shared/shared_pool.hpp>

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <poise/poise.hpp>
#include <poise/shared/ticketed_weighted_round_robin.hpp>

#include "support/allocations.hpp"

using namespace test;
using poise::locked;
using poise::outcome;
using poise::shared_pool;

namespace {

/// An endpoint that does something when it is destroyed.
class last_words {
  public:
    explicit last_words(std::function<void()> said = {}) : said_(std::move(said)) {}
    last_words(last_words&& other) noexcept : said_(std::exchange(other.said_, {})) {}
    last_words& operator=(last_words&&) = delete;
    ~last_words() {
        if (said_) said_();
    }

  private:
    std::function<void()> said_;
};

/// Nobody is ever healthy.
struct hopeless {
    void assign(std::span<const poise::member> members) { size = members.size(); }
    bool healthy(poise::slot) const noexcept { return false; }
    void selected(poise::slot) noexcept {}
    void finished(poise::slot, outcome) noexcept {}
    std::size_t size = 0;
};

/// Lets something happen while it is given a membership; wants to hear of every choice.
struct slow_to_assign {
    static inline std::function<void()> meanwhile;
    static inline std::vector<poise::slot> heard;

    void assign(std::span<const poise::member>) {
        if (meanwhile) meanwhile();
    }
    bool healthy(poise::slot) const noexcept { return true; }
    void selected(poise::slot whom) noexcept { heard.push_back(whom); }
    void finished(poise::slot, outcome) noexcept {}
    char has_state = 0;
};

/// Without a default, as what has options that must be said.
class always_last : public poise::first_available {
  public:
    explicit always_last(int) {}
    template <poise::accept_rule Accept = poise::accept_all>
    std::optional<poise::slot> select(const Accept& = {}) const noexcept {
        return size() == 0 ? std::nullopt : std::optional(static_cast<poise::slot>(size() - 1));
    }
};

} // namespace

TEMPLATE_TEST_CASE("shared_pool: a handle outlives the pool, which has no members then", "",
                   poise::ticketed_weighted_round_robin, locked<poise::smooth_weighted_round_robin>,
                   locked<poise::least_connections>) {
    auto pool = std::make_unique<shared_pool<int, TestType>>();
    pool->assign({{7, {.id = 1}}, {8, {.id = 2}}});
    auto mine = pool->subscribe();
    auto lease = mine.acquire();
    pool.reset();
    CHECK_FALSE(mine.acquire());
    CHECK(**lease == 7);
}

TEMPLATE_TEST_CASE("shared_pool: a handle lets go of who was removed with its next choice", "",
                   poise::ticketed_weighted_round_robin, poise::first_available,
                   locked<poise::smooth_weighted_round_robin>) {
    shared_pool<std::shared_ptr<int>, TestType> pool;
    const auto endpoint = std::make_shared<int>(1);
    pool.add(endpoint, {.id = 1});
    pool.add(nullptr, {.id = 2});
    auto mine = pool.subscribe();
    CHECK(mine.acquire());
    pool.remove(1);
    CHECK(mine.acquire()->id() == 2);
    CHECK(endpoint.use_count() == 1);
    CHECK(pool.versions() == 1);
}

TEST_CASE("shared_pool: an endpoint that is destroyed may choose, count and change the membership") {
    shared_pool<last_words, poise::ticketed_weighted_round_robin> pool;
    auto mine = pool.subscribe();
    std::vector<std::uint64_t> heard;
    pool.add(last_words([&] {
                 heard.push_back(mine.acquire()->id());
                 heard.push_back(mine.members().size());
             }),
             {.id = 1});
    pool.add(last_words(), {.id = 2});
    pool.add(last_words(), {.id = 3});
    static_cast<void>(mine.acquire());
    pool.remove(1);
    static_cast<void>(mine.acquire());
    CHECK(heard == std::vector<std::uint64_t>{3, 2}); // the second ticket: of the two that are left, the second
    mine.park();
    pool.add(last_words([&] { pool.remove(2); }), {.id = 4});
    pool.remove(4);
    REQUIRE(pool.members().size() == 1);
    CHECK(pool.members()[0].id == 3);
}

TEST_CASE("shared_pool: a change that fails may destroy an endpoint that chooses, counts and changes the membership") {
    shared_pool<last_words, poise::ticketed_weighted_round_robin> pool;
    auto mine = pool.subscribe();
    pool.add(last_words(), {.id = 1});
    std::vector<std::uint64_t> seen;
    const auto look = [&] {
        seen.push_back(pool.in_flight(1));
        const auto lease = mine.acquire();
        seen.push_back(pool.add(last_words()));
    };
    CHECK_THROWS_AS(pool.add(last_words(look), {.id = 1}), std::invalid_argument);
    CHECK(seen == std::vector<std::uint64_t>{0, 0});
    CHECK(pool.size() == 2);
    std::vector<std::pair<last_words, poise::member>> twice;
    twice.emplace_back(last_words(look), poise::member{.id = 7});
    twice.emplace_back(last_words(), poise::member{.id = 7});
    CHECK_THROWS_AS(pool.assign(std::move(twice)), std::invalid_argument);
    CHECK(seen.size() == 4);
    CHECK(pool.size() == 3);
}

TEST_CASE("shared_pool: a choice waits for no change, and a health layer hears of it afterwards", "[threads]") {
    slow_to_assign::heard.clear();
    shared_pool<int, poise::first_available, slow_to_assign> pool;
    pool.assign({{1, {.id = 1}}, {2, {.id = 2}}});
    auto mine = pool.subscribe();
    std::vector<poise::lease<int>> leases;
    slow_to_assign::meanwhile = [&] { // a choice that waited for the change would wait for itself
        std::thread([&] {
            for (int i = 0; i < 3; ++i) leases.push_back(*mine.acquire());
        }).join();
        CHECK(slow_to_assign::heard.empty());
    };
    pool.set_weight(2, 5);
    slow_to_assign::meanwhile = {};
    CHECK(slow_to_assign::heard == std::vector<poise::slot>(3));
    leases.clear();
    CHECK(slow_to_assign::heard.size() == 3);
    CHECK(mine.acquire());
    CHECK(slow_to_assign::heard.size() == 4);
}

TEST_CASE("published: what is left of it may outlive it") {
    poise::published<int>::remains left;
    {
        poise::published<int> value(1);
        left = value.publish(2);
        CHECK(value.versions() == 1);
    }
}

TEST_CASE("shared_pool: who joins and is not healthy is never chosen", "[threads]") {
    shared_pool<int, poise::first_available, hopeless> pool;
    std::atomic<bool> stop = false;
    std::atomic<int> chosen = 0;
    std::thread chooser([&] {
        auto mine = pool.subscribe();
        while (!stop) chosen += mine.acquire() ? 1 : 0;
    });
    for (std::uint64_t id = 0; id < 5'000; ++id) {
        pool.add(0, {.id = id}); // while nobody else is down
        pool.remove(id);
    }
    stop = true;
    chooser.join();
    CHECK(chosen == 0);
}

TEST_CASE("shared_pool: tickets go on from the same counter through every change, each once", "[threads]") {
    constexpr std::uint64_t size = 50;
    constexpr std::uint64_t rounds = 400;
    shared_pool<int, poise::ticketed_weighted_round_robin> pool;
    std::vector<std::pair<int, poise::member>> everyone;
    for (std::uint64_t id = 0; id < size; ++id) everyone.emplace_back(0, poise::member{.id = id});
    pool.assign(std::move(everyone));
    std::vector<std::vector<std::uint64_t>> counts(2, std::vector<std::uint64_t>(size));
    std::atomic<std::size_t> choosing = counts.size();
    std::vector<std::thread> threads;
    for (auto& own : counts) {
        threads.emplace_back([&pool, &own, &choosing] {
            auto mine = pool.subscribe();
            for (std::uint64_t i = 0; i < size * rounds; ++i) ++own[mine.acquire()->id()];
            --choosing;
        });
    }
    while (choosing > 0) pool.change([](auto&) {}); // the same membership
    for (std::thread& thread : threads) thread.join();
    for (std::uint64_t id = 0; id < size; ++id) REQUIRE(counts[0][id] + counts[1][id] == 2 * rounds);
}

TEST_CASE("shared_pool: its end needs no memory") {
    auto pool = std::make_unique<shared_pool<int, poise::ticketed_weighted_round_robin>>();
    pool->add(1);
    auto mine = pool->subscribe();
    const allocation_limit none(0);
    pool.reset();
    CHECK_FALSE(mine.acquire());
}

TEST_CASE("shared_pool: a selector without a default must be given, and no more") {
    shared_pool<std::string, always_last> pool{always_last(1)};
    auto mine = pool.subscribe();
    CHECK_FALSE(mine.acquire());
    pool.add("a");
    pool.add("b");
    CHECK(**mine.acquire() == "b");
}

TEMPLATE_TEST_CASE("pools take an accept of members, whoever knows no slots", "", poise::ticketed_weighted_round_robin,
                   locked<poise::least_connections>) {
    const auto not_second = [](const poise::member& one) {
        return one.id != 2;
    };
    shared_pool<int, TestType> shared;
    shared.assign({{0, {.id = 1}}, {0, {.id = 2}}});
    auto mine = shared.subscribe();
    for (int i = 0; i < 5; ++i) CHECK(mine.acquire(not_second)->id() == 1);
    poise::pool<int, poise::smooth_weighted_round_robin> pool;
    pool.assign({{0, {.id = 1}}, {0, {.id = 2}}});
    for (int i = 0; i < 5; ++i) CHECK(pool.acquire(not_second)->id() == 1);
}

TEST_CASE("shared_pool: what is assigned to it ends what it was, handles too") {
    using pool_type = shared_pool<std::shared_ptr<int>, poise::first_available>;
    const auto endpoint = std::make_shared<int>(1);
    pool_type pool;
    pool.add(endpoint);
    auto mine = pool.subscribe();
    CHECK(mine.acquire());
    pool_type other;
    other.add(nullptr);
    pool = std::move(other);
    mine = pool.subscribe();
    CHECK(endpoint.use_count() == 1);
    CHECK(**mine.acquire() == nullptr);
}
