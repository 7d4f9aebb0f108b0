// SPDX-License-Identifier: MIT
// Selectors run in constant evaluation, where the compiler also finds every overflow and bad access.
#include <poise/poise.hpp>

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <cstddef>
#include <optional>
#include <vector>

using poise::slot;

namespace {

template <class Selector>
constexpr bool lives_in_constant_evaluation() {
    Selector selector;
    if (selector.select()) return false;
    selector.assign(poise::members({3, 2, 0, 1}));
    if (selector.size() != 4 || selector.members()[1].weight != 2) return false;
    const Selector fresh = selector;
    for (int i = 0; i < 7; ++i) {
        if (!selector.select() || selector.select() == slot{2}) return false;
    }
    const std::array<std::uint64_t, 3> tried{0, 1, 9};
    if (selector.select(poise::except(tried)) != slot{3}) return false;
    if (selector.select([](slot where) { return where == slot{1}; }) != slot{1}) return false;
    if (selector.select([](slot where) { return where == slot{2}; })) return false;
    selector.disable(slot{0});
    selector.disable(slot{77});
    for (int i = 0; i < 7; ++i) {
        if (selector.select() == slot{0}) return false;
    }
    const std::vector<poise::member> changed{{3, 1}, {0, 3}, {8, 4294967295}};
    selector.assign(changed);
    if (selector.select([](slot where) { return where == slot{1}; })) return false;
    selector.enable(slot{1});
    if constexpr (poise::failure_aware_selector<Selector>) selector.failed(slot{1});
    if (selector.select([](slot where) { return where == slot{1}; }) != slot{1}) return false;
    Selector moved = std::move(selector);
    moved.assign(poise::members({3, 2, 0, 1}));
    moved.reset();
    return moved == fresh && !(moved != fresh);
}

} // namespace

static_assert(lives_in_constant_evaluation<poise::round_robin>());
static_assert(lives_in_constant_evaluation<poise::smooth_weighted_round_robin>());
static_assert(lives_in_constant_evaluation<poise::interleaved_weighted_round_robin>());

static_assert([] {
    poise::smooth_weighted_round_robin selector({.max_fails = 2});
    selector.assign(poise::members({6, 3, 1}));
    selector.failed(slot{0});
    selector.failed(slot{99});
    return selector.effective_weight(slot{0}) == 3 && selector.select() == slot{0} &&
           selector.effective_weight(slot{0}) == 4 && selector.current_weight(slot{0}) == 3 - 7;
}());

static_assert([] {
    poise::round_robin selector({.phase = 5});
    selector.assign(poise::members({1, 1, 1}));
    return selector.select() == slot{2};
}());

static_assert([] {
    poise::interleaved_weighted_round_robin selector;
    selector.assign(poise::members({1, 4294967295}));
    return selector.select([](slot where) { return where == slot{0}; }) == slot{0} && selector.select() == slot{1};
}());

TEST_CASE("what is constant is the same at run time") {
    CHECK(lives_in_constant_evaluation<poise::round_robin>());
    CHECK(lives_in_constant_evaluation<poise::smooth_weighted_round_robin>());
    CHECK(lives_in_constant_evaluation<poise::interleaved_weighted_round_robin>());
}
