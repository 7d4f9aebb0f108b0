// SPDX-License-Identifier: MIT
#include <poise/selectors/lvs_least_connections.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>

#include <limits>
#include <stdexcept>

#include "support/literal_lvs.hpp"

using namespace test;
using poise::lvs_least_connections;
using poise::lvs_overhead;
using poise::lvs_rule;
using poise::slot;

namespace {

constexpr std::optional<slot> chosen_by(lvs_rule rule, std::array<unsigned, 3> active) {
    lvs_least_connections selector({.rule = rule});
    selector.assign(poise::members({5, 2, 1}));
    return selector.select([active](slot where) { return active[static_cast<std::size_t>(where)]; });
}
static_assert(chosen_by(lvs_rule::lc, {4, 3, 2}) == slot{2}, "weights do not count");
static_assert(chosen_by(lvs_rule::lc, {2, 2, 2}) == slot{0}, "the first of equals");
static_assert(chosen_by(lvs_rule::wlc, {4, 2, 1}) == slot{0});
static_assert(chosen_by(lvs_rule::wlc, {5, 2, 0}) == slot{2});
static_assert(chosen_by(lvs_rule::sed, {4, 1, 0}) == slot{0}, "1, 1, 1: the first of equals");
static_assert(chosen_by(lvs_rule::sed, {5, 0, 0}) == slot{1}, "0 now would be 1/2 then");
static_assert(chosen_by(lvs_rule::nq, {4, 1, 0}) == slot{2}, "who is idle first");
static_assert(chosen_by(lvs_rule::nq, {4, 1, 1}) == slot{0}, "nobody is idle: as sed");

static_assert(lvs_overhead(3, 5) == 3 * 256 + 5);

} // namespace

TEST_CASE("lvs_least_connections does as IPVS's lc, wlc, sed and nq do, step for step") {
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        INFO("seed " << seed);
        lvs::life life(seed);
        if (seed % 4 == 0) life.heaviest = 65535;
        lvs_least_connections lc({.rule = lvs_rule::lc});
        lvs_least_connections wlc;
        lvs_least_connections sed({.rule = lvs_rule::sed});
        lvs_least_connections nq({.rule = lvs_rule::nq});
        struct all {
            lvs_least_connections& one; // the others go with it
            std::array<lvs_least_connections*, 3> others;
            void assign(std::span<const poise::member> members) {
                one.assign(members);
                for (auto* other : others) other->assign(members);
            }
            void disable(slot where) {
                one.disable(where);
                for (auto* other : others) other->disable(where);
            }
            void enable(slot where) {
                one.enable(where);
                for (auto* other : others) other->enable(where);
            }
        } together{.one = lc, .others = {&wlc, &sed, &nq}};
        const auto overhead = [&life](slot where) {
            const lvs::destination& d = life.svc[static_cast<std::size_t>(where)];
            return lvs_overhead(static_cast<std::uint64_t>(d.active), static_cast<std::uint64_t>(d.inactive));
        };
        for (int step = 0; step < 5'000; ++step) { // a million of each
            life.step(together);
            lvs::require_same(lc.select(overhead, life.accept()), lvs::lc(life.svc));
            lvs::require_same(wlc.select(overhead, life.accept()), lvs::wlc(life.svc));
            lvs::require_same(sed.select(life.active(), life.accept()), lvs::sed(life.svc));
            lvs::require_same(nq.select(life.active(), life.accept()), lvs::nq(life.svc));
        }
    }
}

TEST_CASE("law 4, the exception: for lvs_least_connections' lc all weights are one", "[laws]") {
    STATIC_REQUIRE(poise::breaks<lvs_least_connections>(poise::law::fairness));
    lvs_least_connections selector({.rule = lvs_rule::lc});
    selector.assign(poise::members({5, 0, 1}));
    std::array<unsigned, 3> active{};
    for (int i = 0; i < 10; ++i) {
        ++active[static_cast<std::size_t>(
            *selector.select([&active](slot where) { return active[static_cast<std::size_t>(where)]; }))];
    }
    CHECK(active == std::array<unsigned, 3>{5, 0, 5});
}

TEST_CASE("lvs_least_connections: the largest loads and weights do not overflow") {
    constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
    for (const lvs_rule rule : {lvs_rule::wlc, lvs_rule::sed, lvs_rule::nq}) {
        lvs_least_connections selector({.rule = rule});
        selector.assign(poise::members({1, 0xffffffffU, 0xfffffffeU}));
        CHECK(selector.select([](slot) { return most; }) == slot{1});
        CHECK(selector.select([](slot where) { return where == slot{2} ? most - 9'000'000'000U : most; }) == slot{2});
    }
}

TEST_CASE("lvs_least_connections: a rule that is none is refused") {
    CHECK_THROWS_MATCHES(
        lvs_least_connections({.rule = static_cast<lvs_rule>(4)}), std::invalid_argument,
        Catch::Matchers::Message("poise: lvs_least_connections: rule 4 (expected lc, wlc, sed or nq)"));
}
