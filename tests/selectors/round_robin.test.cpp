// SPDX-License-Identifier: MIT
#include <poise/selectors/round_robin.hpp>

#include <catch2/catch_test_macros.hpp>

#include "support/all_selectors.hpp"
#include "support/random.hpp"

using namespace test;
using poise::round_robin;
using poise::slot;

namespace {

using ids = std::vector<std::int64_t>;

/// Who has the turn stands in front of a queue of ids.
struct queue_of_turns {
    std::vector<poise::member> queue;

    std::optional<std::uint64_t> next(std::span<const std::uint64_t> away) {
        for (std::size_t i = 0; i < queue.size(); ++i) {
            const poise::member m = queue[i];
            if (m.weight == 0 || contains(away, m.id)) continue;
            std::rotate(queue.begin(), queue.begin() + static_cast<std::ptrdiff_t>(i + 1), queue.end());
            return m.id;
        }
        return std::nullopt;
    }

    void assign(const std::vector<poise::member>& members) {
        auto first = members.begin();
        for (const poise::member& waiting : queue) {
            const auto found = std::ranges::find(members, waiting.id, &poise::member::id);
            if (found == members.end()) continue;
            first = found;
            break;
        }
        queue.assign(first, members.end());
        queue.insert(queue.end(), members.begin(), first);
    }
};

} // namespace

TEST_CASE("round_robin takes turns, whatever the weights") {
    round_robin selector;
    selector.assign(poise::members({5, 1, 0, 9}));
    CHECK(future(selector, 7) == ids{0, 1, 3, 0, 1, 3, 0});
}

TEST_CASE("round_robin starts at its phase") {
    for (std::uint32_t phase = 0; phase < 9; ++phase) {
        round_robin selector({.phase = phase});
        selector.assign({});
        selector.assign(poise::members({1, 1, 1}));
        const std::int64_t first = phase % 3;
        CHECK(future(selector, 2) == ids{first, (first + 1) % 3});
        CHECK(selector.select());
        selector.reset();
        CHECK(future(selector, 1) == ids{first});
    }
    round_robin largest({.phase = 0xffffffffU});
    largest.assign(poise::members({1, 1}));
    CHECK(future(largest, 2) == ids{1, 0});
}

TEST_CASE("round_robin: the turn stays with its member, or goes to the next of the old order that is still here") {
    round_robin selector;
    selector.assign(poise::members({1, 1, 1, 1}));
    CHECK(selector.select() == slot{0});
    const std::vector<poise::member> reversed{{3, 1}, {2, 1}, {1, 1}, {0, 1}};
    selector.assign(reversed);
    CHECK(future(selector, 4) == ids{1, 0, 3, 2});
    const std::vector<poise::member> without_the_turn{{7, 1}, {3, 1}, {2, 1}, {0, 1}};
    selector.assign(without_the_turn);
    CHECK(future(selector, 4) == ids{0, 7, 3, 2});
    const std::vector<poise::member> strangers{{20, 1}, {21, 1}};
    selector.assign(strangers);
    CHECK(future(selector, 2) == ids{20, 21});
}

TEST_CASE("round_robin: a search that finds nobody moves nothing") {
    round_robin selector;
    selector.assign(poise::members({1, 1, 1}));
    CHECK(selector.select() == slot{0});
    CHECK_FALSE(selector.select([](slot) { return false; }));
    CHECK(selector.select() == slot{1});
}

TEST_CASE("round_robin does as a queue of turns does") {
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        INFO("seed " << seed);
        random_source random(seed);
        round_robin selector;
        queue_of_turns model;
        std::vector<poise::member> members;
        for (int step = 0; step < 2000; ++step) {
            if (random.one_in(20)) {
                members = random_members(random, 9, 3);
                selector.assign(members);
                model.assign(members);
            }
            const std::vector<std::uint64_t> away = random_ids(random, members, 4);
            const auto chosen = selector.select(poise::except(away));
            const auto expected = model.next(away);
            REQUIRE(chosen.has_value() == expected.has_value());
            if (chosen) REQUIRE(members[static_cast<std::size_t>(*chosen)].id == *expected);
        }
    }
}
