// SPDX-License-Identifier: MIT
#include <poise/detail/roll_call.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <vector>

using poise::detail::roll_call;
using poise::detail::smooth_weights;
using poise::detail::weight_classes;

namespace {

std::vector<std::uint32_t> all(const roll_call& call) {
    return {call.indexes().begin(), call.indexes().end()};
}

} // namespace

TEST_CASE("roll_call keeps its members in their order") {
    roll_call call(5, true);
    CHECK(all(call).empty());
    for (const std::size_t i : {3U, 0U, 4U, 1U}) call.add(i);
    CHECK(all(call) == std::vector<std::uint32_t>{0, 1, 3, 4});
    call.remove(1);
    call.remove(4);
    CHECK(all(call) == std::vector<std::uint32_t>{0, 3});
    call.clear();
    CHECK(all(call).empty());
}

TEST_CASE("roll_call keeps its members in no order, if that is not wanted") {
    roll_call call(5, false);
    for (const std::size_t i : {3U, 0U, 4U, 1U}) call.add(i);
    call.remove(0);
    call.remove_at(0);
    auto left = all(call);
    std::ranges::sort(left);
    CHECK(left == std::vector<std::uint32_t>{1, 4});
}

TEST_CASE("roll_call: all rise, and the first of the highest is found") {
    std::array<smooth_weights::state, 3> states{{{.current = 0, .effective = 2, .nominal = 2},
                                                 {.current = -1, .effective = 4, .nominal = 4},
                                                 {.current = 0, .effective = 3, .nominal = 3}}};
    roll_call call(3, true);
    for (const std::size_t i : {0U, 1U, 2U}) call.add(i);
    CHECK(call.rise(states) == 1); // -1 + 4, as high as 0 + 3
    CHECK(states[0].current == 2);
    CHECK(states[1].current == 3);
    CHECK(states[2].current == 3);
}

TEST_CASE("roll_call: who recovers rises by what it is worth, and by 1 more the next time") {
    std::array<smooth_weights::state, 2> states{
        {{.current = 0, .effective = 1, .nominal = 2}, {.current = 0, .effective = 3, .nominal = 3}}};
    roll_call call(2, false);
    call.add(0);
    call.add(1);
    const weight_classes::leader nobody{.height = std::numeric_limits<std::int64_t>::min(), .index = 0};
    std::uint64_t total = 10;
    auto best = call.rise(states, nobody, total);
    CHECK(best.index == 1);
    CHECK(best.height == 3);
    CHECK(total == 14);
    CHECK(states[0].effective == 2);
    best = call.rise(states, {.height = 6, .index = 7}, total); // 1 + 2, 3 + 3: among equals the first
    CHECK(best.index == 1);
    CHECK(best.height == 6);
    CHECK(states[0].effective == 2);
    best = call.rise(states, {.height = 100, .index = 7}, total);
    CHECK(best.index == 7);
}
