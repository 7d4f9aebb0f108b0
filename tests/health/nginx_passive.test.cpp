// SPDX-License-Identifier: MIT
#include <poise/health/nginx_passive.hpp>

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>

#include <chrono>
#include <concepts>
#include <stdexcept>
#include <string>
#include <vector>

#include <poise/poise.hpp>

#include "support/literal_nginx_peers.hpp"
#include "support/random.hpp"

using Catch::Matchers::Message;
using namespace std::chrono_literals;
using poise::nginx_passive;
using poise::outcome;
using poise::slot;

namespace {

constexpr slot a{0};
constexpr slot b{1};

constexpr nginx_passive two_members(nginx_passive::limits limits, std::chrono::seconds now) {
    nginx_passive health({.everyone = limits});
    health.assign(poise::members({1, 1}));
    health.advance(now);
    return health;
}

constexpr nginx_passive failed(nginx_passive health, slot where) {
    health.selected(where);
    health.finished(where, outcome::failure);
    return health;
}

// One failure and nobody comes for ten seconds; then one may try, and no other until that one is back.
constexpr bool probes_once_a_window() {
    nginx_passive health = failed(two_members({}, 100s), a);
    if (health.healthy(a) || !health.healthy(b)) return false;
    if (!health.advance(110s) || health.healthy(a)) return false;
    if (!health.advance(111s) || !health.healthy(a)) return false;
    health.selected(a);
    if (health.healthy(a)) return false;
    nginx_passive well = health;
    well.finished(a, outcome::success);
    if (!well.healthy(a) || well.fails(a) != 0 || well.advance(111s)) return false;
    health.finished(a, outcome::failure);
    return !health.healthy(a) && health.fails(a) == 2;
}
static_assert(probes_once_a_window());

} // namespace

TEST_CASE("nginx_passive: max_fails failures make unhealthy, none when it is 0", "[health]") {
    nginx_passive health = two_members({.max_fails = 3}, 100s);
    for (int i = 0; i < 2; ++i) health = failed(health, a);
    CHECK(health.healthy(a));
    CHECK_FALSE(health.advance(101s));
    health = failed(health, a);
    CHECK_FALSE(health.healthy(a));
    CHECK(health.max_fails(a) == 3);
    nginx_passive never = two_members({.max_fails = 0}, 100s);
    for (int i = 0; i < 100; ++i) never = failed(never, a);
    CHECK(never.healthy(a));
    CHECK_FALSE(never.advance(200s));
}

TEST_CASE("nginx_passive: a success wipes failures out only if a pick after the window came before it", "[health]") {
    nginx_passive health = failed(two_members({.max_fails = 2}, 100s), a);
    health.selected(a);
    health.finished(a, outcome::success);
    CHECK(health.fails(a) == 1); // the window of the failure is not over
    health.advance(111s);
    health.selected(a);
    health.finished(a, outcome::success);
    CHECK(health.fails(a) == 0);
}

TEST_CASE("nginx_passive: a cancelled request counts as a success", "[health]") {
    nginx_passive health = failed(two_members({}, 100s), a);
    health.advance(111s);
    health.selected(a);
    health.finished(a, outcome::cancelled);
    CHECK(health.healthy(a));
    CHECK(health.fails(a) == 0);
}

TEST_CASE("nginx_passive: an only member is always healthy", "[health]") {
    nginx_passive health;
    health.assign(poise::members({1}));
    health.advance(100s);
    health = failed(health, a);
    CHECK(health.healthy(a));
    CHECK(health.fails(a) == 0);
}

TEST_CASE("nginx_passive: time does not go back, and may begin anywhere", "[health]") {
    nginx_passive health = failed(two_members({}, 0s), a);
    CHECK_FALSE(health.healthy(a));
    health.advance(11s);
    CHECK(health.healthy(a));
    health.advance(3s);
    CHECK(health.healthy(a));
}

TEST_CASE("nginx_passive: limits and failures go with the member", "[health]") {
    nginx_passive health({.everyone = {.max_fails = 2}, .each = {{7, {.max_fails = 1, .fail_timeout = 1s}}}});
    health.assign(std::vector<poise::member>{{5, 1}, {7, 1}});
    health.advance(100s);
    health = failed(failed(health, a), b);
    CHECK(health.healthy(a));
    CHECK_FALSE(health.healthy(b));
    health.assign(std::vector<poise::member>{{7, 1}, {6, 1}, {5, 3}});
    CHECK_FALSE(health.healthy(slot{0}));
    CHECK(health.max_fails(slot{0}) == 1);
    CHECK(health.fails(slot{1}) == 0);
    CHECK(health.fails(slot{2}) == 1);
    CHECK(health.healthy(slot{99}));
    CHECK(health.fails(slot{99}) == 0);
    health.advance(102s);
    CHECK(health.healthy(slot{0}));
}

TEST_CASE("nginx_passive: wrong limits are named", "[health]") {
    CHECK_THROWS_MATCHES(nginx_passive({.everyone = {.fail_timeout = -3s}}), std::invalid_argument,
                         Message("poise: nginx_passive: fail_timeout of minus 3 (expected at least 0 seconds)"));
    CHECK_THROWS_MATCHES(nginx_passive({.each = {{1, {.fail_timeout = -1s}}}}), std::invalid_argument,
                         Message("poise: nginx_passive: fail_timeout of minus 1 (expected at least 0 seconds)"));
    CHECK_THROWS_MATCHES(nginx_passive({.each = {{4, {}}, {1, {}}, {4, {}}}}), std::invalid_argument,
                         Message("poise: nginx_passive: duplicate member id 4 (expected ids that differ)"));
    nginx_passive health = failed(two_members({}, 100s), a);
    const nginx_passive before = health;
    CHECK_THROWS_AS(health.assign(std::vector<poise::member>{{1, 1}, {1, 1}}), std::invalid_argument);
    CHECK(health == before);
}

TEST_CASE("nginx_passive: nginx's choices as they were published, with decay and recovery", "[health]") {
    using pool_type = poise::pool<char, poise::smooth_weighted_round_robin, nginx_passive>;
    pool_type pool({}, nginx_passive({.each = {{0, {.max_fails = 2}}}}));
    pool.assign({{'A', {0, 6}}, {'B', {1, 3}}, {'C', {2, 1}}});
    const auto request = [&pool](bool a_fails) {
        std::string came_to;
        std::vector<std::uint64_t> tried;
        while (auto lease = pool.acquire(poise::except(tried))) {
            came_to += **lease;
            tried.push_back(lease->id());
            const bool fails = a_fails && **lease == 'A';
            lease->finish(fails ? outcome::failure : outcome::success);
            if (!fails) break;
        }
        return came_to;
    };
    const auto worth = [&pool] {
        return pool.selector().effective_weight(a);
    };
    pool.advance(100s);
    for (const char* expected : {"A", "B", "A", "A", "B"}) CHECK(request(false) == expected);
    CHECK(request(true) == "AC");
    CHECK(worth() == 3);
    for (const char* expected : {"B", "C", "A"}) {
        const auto before = worth();
        CHECK(request(false) == expected);
        CHECK(worth() == before + 1);
    }
    pool.advance(111s);
    CHECK(pool.health().fails(a) == 1);
    for (const char* expected : {"B", "A"}) CHECK(request(false) == expected);
    CHECK(pool.health().fails(a) == 0);
    for (const char* expected : {"A", "B", "A"}) CHECK(request(false) == expected);
}

TEMPLATE_TEST_CASE("nginx_passive: a pool comes to whom nginx comes to", "[health]", poise::smooth_weighted_round_robin,
                   poise::least_connections) {
    for (std::uint64_t seed = 1; seed <= 400; ++seed) {
        INFO("seed " << seed);
        test::random_source random(seed);
        test::literal_nginx_peers model;
        model.least_conn = std::same_as<TestType, poise::least_connections>;
        model.now = 1'000'000;
        nginx_passive::options limits;
        std::vector<std::pair<int, poise::member>> members;
        for (std::uint32_t left = random.between(1, 12); left > 0; --left) {
            const std::uint64_t id = members.size();
            const std::uint32_t weight = random.between(1, random.one_in(3) ? 256 : 5);
            const std::uint32_t max_fails = random.below(4);
            const std::uint32_t timeout = random.between(0, 12);
            model.peers.push_back({.weight = weight,
                                   .effective = weight,
                                   .max_fails = max_fails,
                                   .fail_timeout = timeout,
                                   .max_conns = random.one_in(4) ? random.between(1, 3) : 0});
            limits.each.push_back({id, {.max_fails = max_fails, .fail_timeout = std::chrono::seconds(timeout)}});
            members.push_back({0, {id, weight}});
        }
        poise::pool<int, TestType, nginx_passive> pool({}, nginx_passive(limits));
        pool.assign(members);
        const auto below_limit = [&](slot where) {
            const auto most = static_cast<std::uint64_t>(model.peers[static_cast<std::size_t>(where)].max_conns);
            return most == 0 || pool.in_flight(static_cast<std::uint64_t>(where)) < most;
        };
        struct open_request {
            poise::lease<int> lease;
            std::vector<bool> tried;
            std::vector<std::uint64_t> ids;
        };
        std::vector<open_request> open;
        for (int step = 0; step < 200; ++step) {
            if (random.one_in(6)) model.now += random.between(0, 15);
            pool.advance(std::chrono::seconds(model.now));
            // a new request, or the end of one: well, or failed and on to the next server
            std::vector<bool> tried(members.size());
            std::vector<std::uint64_t> ids;
            if (!open.empty() && random.one_in(2)) {
                const auto which = static_cast<std::ptrdiff_t>(random.index(open.size()));
                open_request request = std::move(open[static_cast<std::size_t>(which)]);
                open.erase(open.begin() + which);
                const bool fails = random.one_in(3);
                model.release(static_cast<std::size_t>(request.lease.id()), fails);
                request.lease.finish(fails ? outcome::failure : outcome::success);
                if (!fails || model.single()) continue;
                tried = request.tried;
                ids = request.ids;
            }
            const auto theirs = model.get(tried);
            auto ours = pool.acquire(poise::except(ids).within(below_limit));
            REQUIRE(ours.has_value() == theirs.has_value());
            if (!ours) continue;
            REQUIRE(ours->id() == *theirs);
            ids.push_back(ours->id());
            open.push_back({std::move(*ours), tried, ids});
        }
        for (std::size_t i = 0; i < members.size(); ++i) {
            REQUIRE(pool.health().fails(static_cast<slot>(i)) == static_cast<std::uint64_t>(model.peers[i].fails));
        }
    }
}
