// SPDX-License-Identifier: MIT
#include <poise/selectors/interleaved_weighted_round_robin.hpp>

#include <catch2/catch_test_macros.hpp>

#include <numeric>

#include "support/all_selectors.hpp"
#include "support/literal_ipvs.hpp"
#include "support/random.hpp"

using namespace test;
using poise::interleaved_weighted_round_robin;
using poise::slot;

namespace {

using ids = std::vector<std::int64_t>;

/// The model and the selector, side by side, through the same random life.
struct side_by_side {
    random_source random;
    interleaved_weighted_round_robin selector{};
    literal_ipvs model{};
    std::vector<poise::member> members{};
    std::vector<bool> down{};
    std::vector<bool> rejected{};

    explicit side_by_side(std::uint64_t seed) : random(seed) {}

    void change() {
        std::vector<poise::member> next = members;
        const std::uint32_t factor = random.one_in(2) ? 1 : random.between(2, 6);
        if (next.empty() || random.one_in(4)) {
            next = random_members(random, 6, 7);
            for (poise::member& m : next) m.weight *= factor;
        } else {
            next[random.index(next.size())].weight = factor * random.below(8);
        }
        std::vector<bool> next_down;
        for (const poise::member& m : next) {
            bool was_down = false;
            for (std::size_t i = 0; i < members.size(); ++i) was_down |= members[i].id == m.id && down[i];
            next_down.push_back(was_down);
        }
        if (next != members) model.changed(next);
        selector.assign(next);
        members = next;
        down = next_down;
    }

    void disturb() {
        if (members.empty()) return;
        const std::size_t i = random.index(members.size());
        down[i] = !down[i];
        down[i] ? selector.disable(static_cast<slot>(i)) : selector.enable(static_cast<slot>(i));
    }

    void choose() {
        rejected.assign(members.size(), false);
        if (random.one_in(3)) {
            for (std::size_t i = 0; i < members.size(); ++i) rejected[i] = random.one_in(2);
        }
        for (std::size_t i = 0; i < members.size(); ++i) model.list[i].overloaded = down[i] || rejected[i];
        const auto chosen = selector.select([this](slot where) { return !rejected[static_cast<std::size_t>(where)]; });
        const auto expected = model.schedule();
        REQUIRE(chosen.has_value() == expected.has_value());
        if (chosen) REQUIRE(static_cast<std::size_t>(*chosen) == *expected);
    }
};

} // namespace

TEST_CASE("interleaved_weighted_round_robin: 5, 1, 1 is a a a a a b c") {
    for (const std::uint32_t factor : {1U, 10U, 800'000'000U}) { // the weights' divisor does not count
        interleaved_weighted_round_robin selector;
        selector.assign(poise::members({5 * factor, factor, factor}));
        CHECK(future(selector, 9) == ids{0, 0, 0, 0, 0, 1, 2, 0, 0});
    }
}

TEST_CASE("interleaved_weighted_round_robin does as IPVS does, step for step") {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        INFO("seed " << seed);
        side_by_side both(seed);
        const std::uint32_t rest = both.random.between(3, 60); // selections between two changes, on average
        for (int step = 0; step < 25'000; ++step) {
            if (both.random.one_in(rest)) both.change();
            if (both.random.one_in(10)) both.disturb();
            both.choose();
        }
    }
}

TEST_CASE("interleaved_weighted_round_robin: everybody gets the full share right after a new weight") {
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        INFO("seed " << seed);
        random_source random(seed);
        interleaved_weighted_round_robin selector;
        std::vector<poise::member> members = poise::members({3, 1, 4, 1, 5});
        for (int change = 0; change < 20; ++change) {
            members[random.index(members.size())].weight = random.between(1, 12);
            selector.assign(members);
            std::uint32_t sum = 0;
            std::uint32_t divisor = 0;
            for (const poise::member& m : members) {
                sum += m.weight;
                divisor = std::gcd(divisor, m.weight);
            }
            std::vector<std::uint32_t> shares(members.size());
            for (const std::int64_t id : future(selector, sum / divisor))
                shares[static_cast<std::size_t>(id)] += divisor;
            for (std::size_t i = 0; i < members.size(); ++i) REQUIRE(shares[i] == members[i].weight);
            for (std::uint32_t i = random.below(sum); i > 0; --i) REQUIRE(selector.select());
        }
    }
}

TEST_CASE("interleaved_weighted_round_robin: from 1 to 4294967295 in one step") {
    interleaved_weighted_round_robin selector;
    selector.assign(poise::members({1, 0xffffffffU, 0, 0xffffffffU}));
    std::uint64_t questions = 0;
    const auto counted = [&questions](bool answer) {
        return [&questions, answer](slot where) {
            ++questions;
            return answer || where == slot{0};
        };
    };
    for (int i = 0; i < 10; ++i) CHECK(selector.select(counted(true)) == slot{i % 2 == 0 ? 1U : 3U});
    CHECK(selector.select(counted(false)) == slot{0}); // past all the levels that the others would have had
    CHECK(selector.select(counted(true)) == slot{1});
    CHECK_FALSE(selector.select([&questions](slot) { return ++questions == 0; }));
    CHECK(questions <= 13 * 3 * selector.size());
}

TEST_CASE("interleaved_weighted_round_robin: the largest weights keep their level through a change") {
    interleaved_weighted_round_robin selector;
    selector.assign(poise::members({0xfffffffeU, 0xffffffffU}));
    CHECK(future(selector, 4) == ids{1, 0, 1, 0});
    CHECK(selector.select());
    CHECK(selector.select());
    selector.assign(poise::members({0xfffffffeU, 0xffffffffU, 1}));
    CHECK(future(selector, 2) == ids{0, 1});
    selector.assign(poise::members({0xfffffffeU, 0xfffffffeU}));
    CHECK(future(selector, 3) == ids{0, 1, 0});
    selector.assign(poise::members({1, 1}));
    CHECK(future(selector, 3) == ids{0, 1, 0});
    selector.assign(poise::members({0, 0}));
    CHECK_FALSE(selector.select());
    selector.assign(poise::members({2, 4}));
    CHECK(future(selector, 4) == ids{1, 0, 1, 1});
}

TEST_CASE("interleaved_weighted_round_robin: an unchanged assign changes nothing, and down survives both") {
    interleaved_weighted_round_robin selector;
    selector.assign(poise::members({3, 2, 1}));
    CHECK(selector.select());
    selector.disable(slot{1});
    const interleaved_weighted_round_robin before = selector;
    selector.assign(poise::members({3, 2, 1}));
    CHECK(selector == before);
    selector.assign(poise::members({3, 2, 1, 1}));
    CHECK_FALSE(selector.select([](slot where) { return where == slot{1}; }));
    selector.enable(slot{1});
    CHECK(selector.select([](slot where) { return where == slot{1}; }));
}

TEST_CASE("interleaved_weighted_round_robin: reset goes to the head of the top level") {
    interleaved_weighted_round_robin selector;
    selector.assign(poise::members({3, 2, 1}));
    for (int i = 0; i < 4; ++i) CHECK(selector.select());
    selector.reset();
    CHECK(future(selector, 6) == ids{0, 0, 1, 0, 1, 2});
}
