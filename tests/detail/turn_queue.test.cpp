// SPDX-License-Identifier: MIT
#include <poise/detail/turn_queue.hpp>

#include <catch2/catch_test_macros.hpp>

#include <map>
#include <vector>

#include "support/allocations.hpp"
#include "support/random.hpp"

using namespace test;
using poise::detail::turn_queue;

namespace {

constexpr bool the_least_key_and_among_equals_as_they_joined() {
    turn_queue queue;
    queue.resize(4);
    queue.push({.key = 5, .order = 1, .index = 0});
    queue.push({.key = 3, .order = 2, .index = 1});
    queue.push({.key = 5, .order = 0, .index = 2});
    queue.push({.key = 3, .order = 3, .index = 3});
    for (const std::size_t expected : {1U, 3U, 2U, 0U}) {
        if (queue.empty() || queue.front() != expected || queue.pop() != expected) return false;
    }
    return queue.empty();
}
static_assert(the_least_key_and_among_equals_as_they_joined());

/// A queue into which indexes come with these keys, in this order; orders start at `first`.
turn_queue made_of(const std::vector<std::uint64_t>& keys, std::uint64_t first) {
    turn_queue queue;
    queue.resize(keys.size());
    for (std::uint32_t i = 0; i < keys.size(); ++i) queue.push({.key = keys[i], .order = first++, .index = i});
    return queue;
}

} // namespace

std::size_t size_of(const turn_queue& queue) {
    std::size_t size = 0;
    queue.for_each([&size](const turn_queue::entry&) { ++size; });
    return size;
}

TEST_CASE("turn_queue does as a multimap does, and never allocates, nor does a copy") {
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        INFO("seed " << seed);
        random_source random(seed);
        const std::uint32_t room = random.between(1, 20);
        const std::uint32_t most_key = random.one_in(2) ? 3 : 1000;
        turn_queue original;
        original.resize(room);
        turn_queue queue = original;
        std::multimap<std::uint64_t, std::size_t> model;
        std::uint64_t order = 0;
        for (int step = 0; step < 300; ++step) {
            const std::uint64_t before = allocations();
            std::size_t popped = 0;
            const std::uint64_t key = random.below(most_key);
            const auto index = random.below(room);
            const bool push = random.one_in(2); // of who is there already: with another turn
            const bool pop = !push && !model.empty();
            if (push) queue.push({.key = key, .order = order++, .index = index});
            if (pop) popped = queue.pop();
            REQUIRE(allocations() == before);
            if (push) std::erase_if(model, [index](const auto& turn) { return turn.second == index; });
            if (push) model.emplace(key, index);
            if (pop) REQUIRE(popped == model.begin()->second);
            if (pop) model.erase(model.begin());
            REQUIRE(queue.empty() == model.empty());
            REQUIRE(size_of(queue) == model.size());
            if (!model.empty()) REQUIRE(queue.front() == model.begin()->second);
        }
    }
}

TEST_CASE("turn_queue: the same order is the same members, keys and sequence, not the same numbers of joining") {
    CHECK(made_of({3, 1, 3}, 0).same_order(made_of({3, 1, 3}, 77)));
    CHECK_FALSE(made_of({3, 1, 3}, 0).same_order(made_of({3, 1, 4}, 0)));
    CHECK_FALSE(made_of({3, 1}, 0).same_order(made_of({3, 1, 3}, 0)));
    turn_queue one = made_of({}, 0);
    one.resize(2);
    turn_queue other = one;
    CHECK(one.same_order(other));
    one.push({.key = 1, .order = 0, .index = 0});
    one.push({.key = 1, .order = 1, .index = 1});
    other.push({.key = 1, .order = 0, .index = 1});
    other.push({.key = 1, .order = 1, .index = 0});
    CHECK_FALSE(one.same_order(other));
    CHECK(other.pop() == 1);
    other.push({.key = 1, .order = 2, .index = 1});
    CHECK(one.same_order(other));
}

TEST_CASE("turn_queue: clear and resize leave it empty, with room") {
    turn_queue queue = made_of({2, 1}, 0);
    queue.clear();
    CHECK(queue.empty());
    CHECK(size_of(queue) == 0);
    queue.push({.key = 9, .order = 0, .index = 1});
    CHECK(queue.front() == 1);
    queue.resize(3);
    CHECK(queue.empty());
    for (std::uint32_t i = 0; i < 3; ++i) queue.push({.key = 3 - i, .order = i, .index = i});
    CHECK(queue.pop() == 2);
}

TEST_CASE("turn_queue: new orders keep the order") {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        random_source random(seed);
        const std::uint32_t room = random.between(1, 20);
        turn_queue queue;
        queue.resize(room);
        for (std::uint32_t i = 0; i < room; ++i) {
            if (random.one_in(4)) continue;
            queue.push({.key = random.below(3), .order = turn_queue::most_order - i, .index = i});
        }
        const turn_queue before = queue;
        std::vector<std::uint32_t> scratch(room, 0);
        REQUIRE(queue.renumber(100, scratch) == size_of(before));
        REQUIRE(queue.same_order(before));
        queue.for_each([room](const turn_queue::entry& e) { REQUIRE((e.order >= 100 && e.order < 100U + room)); });
    }
}
