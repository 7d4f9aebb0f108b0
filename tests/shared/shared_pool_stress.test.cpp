// SPDX-License-Identifier: MIT
// Many threads choose, keep and finish while the membership changes under them. Whatever they do: each choice ends once, who
// was removed before a choice began is not its result, no endpoint dies under a lease, and what was replaced is freed.
#include <poise/shared/shared_pool.hpp>

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include <poise/poise.hpp>
#include <poise/shared/ticketed_weighted_round_robin.hpp>

#include "support/random.hpp"

using namespace test;
using poise::outcome;

namespace {

constexpr std::size_t choosers = 4;
constexpr std::uint64_t members = 8;

std::atomic<std::int64_t> alive = 0;

/// Says whether it is still there.
class canary {
  public:
    explicit canary(std::uint64_t id) : sings_(id) { ++alive; }
    canary(canary&& other) noexcept : sings_(other.sings_.load()) { ++alive; }
    canary& operator=(canary&&) = delete;
    ~canary() {
        sings_ = 0;
        --alive;
    }
    [[nodiscard]] bool sings(std::uint64_t id) const noexcept { return sings_ == id; }

  private:
    std::atomic<std::uint64_t> sings_;
};

using lease = poise::lease<canary>;

/// A place where threads leave leases for each other, so that a lease ends on another thread than it began on.
class counter_top {
  public:
    std::optional<lease> swap(std::optional<lease> mine) {
        const std::lock_guard lock(mutex_);
        std::swap(left_, mine);
        return mine;
    }

  private:
    std::mutex mutex_;
    std::optional<lease> left_;
};

template <class Pool>
struct stage {
    Pool pool;
    counter_top exchange;
    std::atomic<std::uint64_t> oldest = 1; // all ids below have been removed
    std::atomic<std::uint64_t> chosen = 0;
    std::atomic<std::uint64_t> ended = 0;
    std::atomic<std::uint64_t> missed = 0;
    std::atomic<std::size_t> choosing = choosers;
    std::atomic<bool> sound = true;

    void expect(bool condition) {
        if (!condition) sound = false;
    }
};

template <class Pool>
void choose_many(stage<Pool>& on, std::uint64_t seed, std::uint64_t choices, bool fails) {
    random_source random(seed);
    auto mine = on.pool.subscribe();
    std::array<std::optional<lease>, 8> kept;
    std::uint64_t chosen = 0;
    std::uint64_t ended = 0;
    const auto end = [&](std::optional<lease>& one) {
        if (!one) return;
        on.expect((*one)->sings(one->id()));
        if (!random.one_in(3)) one->finish(fails && random.one_in(20) ? outcome::failure : outcome::success);
        one.reset(); // not finished, it is cancelled
        ++ended;
    };
    for (std::uint64_t turn = 0; turn < choices; ++turn) {
        const std::uint64_t at_least = on.oldest.load();
        std::optional<lease>& place = kept[random.index(kept.size())];
        end(place);
        if constexpr (requires { mine.acquire(); }) {
            place = mine.acquire();
        } else {
            place = mine.acquire(poise::key_hash{turn * 0x9e3779b97f4a7c15U + seed});
        }
        if (!place) continue;
        ++chosen;
        on.expect(place->id() >= at_least);
        on.expect((*place)->sings(place->id()));
        if (random.one_in(64)) place = on.exchange.swap(std::move(place));
        if (random.one_in(4096)) mine.park();
        if (random.one_in(16384)) mine = on.pool.subscribe();
    }
    for (std::optional<lease>& one : kept) end(one);
    on.chosen += chosen;
    on.ended += ended;
    on.missed += choices - chosen;
    --on.choosing;
}

/// While anybody chooses: the oldest goes, a new one comes, weights change, and the clock moves.
template <class Pool>
void change_much(stage<Pool>& on, std::uint64_t& newest) {
    random_source random(99);
    for (int now = 0; on.choosing > 0; ++now) {
        const std::uint64_t leaving = on.oldest.load();
        on.pool.change([&](auto& draft) {
            draft.remove(leaving);
            ++newest;
            draft.add(canary(newest), {.id = newest, .weight = random.between(1, 5)});
            draft.set_weight(leaving + 1, random.between(1, 5));
        });
        on.oldest = leaving + 1;
        // each handle keeps one at most; who subscribes anew may for a moment have two
        on.expect(on.pool.versions() <= 1 + 2 * choosers);
        if constexpr (requires { on.pool.advance(std::chrono::seconds(now)); })
            on.pool.advance(std::chrono::seconds(now));
        std::this_thread::yield();
    }
}

template <class Pool>
void run(std::uint64_t choices, bool fails = false) {
    REQUIRE(alive == 0);
    std::uint64_t newest = 0;
    {
        stage<Pool> on;
        on.pool.change([&](auto& draft) {
            while (newest < members) {
                ++newest;
                draft.add(canary(newest), {.id = newest, .weight = 3});
            }
        });
        std::vector<std::thread> threads;
        for (std::uint64_t i = 0; i < choosers; ++i) {
            threads.emplace_back([&on, i, choices, fails] { choose_many(on, i, choices / choosers, fails); });
        }
        change_much(on, newest);
        for (std::thread& thread : threads) thread.join();
        if (on.exchange.swap(std::nullopt)) ++on.ended;
        CHECK(on.sound);
        CHECK(on.chosen + on.missed == choices / choosers * choosers);
        CHECK(on.chosen == on.ended);
        CHECK((fails || on.missed == 0));
        CHECK(newest > members);
        for (const poise::member& m : on.pool.members()) CHECK(on.pool.in_flight(m.id) == 0);
        CHECK(on.pool.members().size() == members);
        CHECK(on.pool.versions() == 1);
        CHECK(alive == members);
    }
    CHECK(alive == 0);
}

template <class Selector, class Health = poise::always_healthy>
using pool_of = poise::shared_pool<canary, Selector, Health>;

} // namespace

TEST_CASE("threads: ten million choices of a shared_pool by ticket while members come and go", "[threads]") {
    run<pool_of<poise::ticketed_weighted_round_robin>>(10'000'000);
}

TEMPLATE_TEST_CASE("threads: a million choices of a shared_pool while members come and go", "[threads]",
                   pool_of<poise::block_ticketed_weighted_round_robin>, pool_of<poise::phased_weighted_round_robin>,
                   pool_of<poise::loaded_draws>, pool_of<poise::basic_least_loaded<poise::ties::random>>,
                   pool_of<poise::modulo_hash>, pool_of<poise::haproxy_ring>,
                   pool_of<poise::locked<poise::smooth_weighted_round_robin>>,
                   pool_of<poise::locked<poise::least_connections>>) {
    run<TestType>(1'000'000);
}

TEMPLATE_TEST_CASE("threads: the same while members fail and recover", "[threads]",
                   (pool_of<poise::ticketed_weighted_round_robin, poise::nginx_passive>),
                   (pool_of<poise::loaded_draws, poise::nginx_passive>),
                   (pool_of<poise::haproxy_ring, poise::nginx_passive>),
                   (pool_of<poise::locked<poise::smooth_weighted_round_robin>, poise::nginx_passive>)) {
    run<TestType>(1'000'000, true);
}
