// SPDX-License-Identifier: MIT
#include <poise/selectors/least_loaded.hpp>

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <limits>
#include <type_traits>

#include "support/all_selectors.hpp"
#include "support/by_load.hpp"
#include "support/random.hpp"
#include "support/statistics.hpp"

using namespace test;
using poise::least_loaded;
using poise::slot;

namespace {

template <class Selector>
concept selects_while_const = requires(const Selector& selector, unsigned (*load)(slot)) { selector.select(load); };

} // namespace

static_assert(selects_while_const<least_loaded_first>);
static_assert(!selects_while_const<least_loaded> && !selects_while_const<least_loaded_random>);
static_assert(sizeof(least_loaded_first) == sizeof(poise::detail::membership));

TEST_CASE("least_loaded chooses as least_connections does when the load is the connections") {
    const auto compare = [](const auto& by_load, const auto& counting) {
        for (std::uint64_t seed = 1; seed <= 60; ++seed) {
            INFO("seed " << seed);
            require_same_choices(by_load, counting, seed, seed % 4 == 0 ? 0xffffffffU : 5);
        }
    };
    compare(least_loaded(), poise::least_connections());
    compare(least_loaded_first(), least_connections_first());
    compare(least_loaded_random({.seed = 7}), least_connections_random());
}

TEST_CASE("least_loaded: loads near 2^64 with weights near 2^32 are compared exactly") {
    constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
    const auto chosen = [](std::array<std::uint64_t, 2> loads, std::uint32_t first, std::uint32_t second) {
        least_loaded_first selector;
        selector.assign(poise::members({first, second}));
        return selector.select([loads](slot where) { return loads[static_cast<std::size_t>(where)]; });
    };
    CHECK(chosen({most, most - 1}, 0xffffffffU, 0xffffffffU) == slot{1});
    CHECK(chosen({most, most}, 0xfffffffeU, 0xffffffffU) == slot{1});
    CHECK(chosen({most - 1, most}, 0xfffffffeU, 0xffffffffU) == slot{1});           // 2^64 - 2 over 2^32 - 2 is more
    CHECK(chosen({most - 4294967297U, most}, 0xfffffffeU, 0xffffffffU) == slot{0}); // exactly as much
    CHECK(chosen({most - 4294967296U, most}, 0xfffffffeU, 0xffffffffU) == slot{1});
}

TEST_CASE("least_loaded: a load may be of any width") {
    least_loaded_first selector;
    selector.assign(poise::members({1, 1, 1}));
    CHECK(selector.select([](slot where) { return static_cast<std::uint8_t>(255 - static_cast<int>(where)); }) ==
          slot{2});
    CHECK(selector.select([](slot where) { return static_cast<std::uint16_t>(where == slot{1} ? 0 : 1); }) == slot{1});
}

TEST_CASE("least_loaded: asks each eligible once, and the tied again") {
    const auto questions = [](auto selector) {
        selector.assign(poise::members({1, 1, 1, 1, 0, 1, 1, 1}));
        selector.disable(slot{7});
        std::vector<int> asked(8);
        const auto load = [&asked](slot where) {
            ++asked[static_cast<std::size_t>(where)];
            return where == slot{1} || where == slot{3} || where == slot{6} ? 2U : 5U;
        };
        CHECK(selector.select(load, [](slot where) { return where != slot{6}; }));
        return asked;
    };
    CHECK(questions(least_loaded_first()) == std::vector<int>{1, 1, 1, 1, 0, 1, 0, 0});
    // once more whoever comes after the first of those tied, as far as the choice needs it
    CHECK(questions(least_loaded()) == std::vector<int>{1, 1, 2, 2, 0, 2, 0, 0});
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        const auto asked = questions(least_loaded_random({.seed = seed}));
        CHECK((asked == std::vector<int>{1, 1, 1, 1, 0, 1, 0, 0} || asked == std::vector<int>{1, 1, 2, 2, 0, 1, 0, 0}));
    }
}

TEST_CASE("least_loaded: a load that changes all the time still leads to somebody eligible") {
    const auto check = [](auto selector) {
        for (std::uint64_t seed = 1; seed <= 300; ++seed) {
            INFO("seed " << seed);
            random_source random(seed);
            const auto members = random_members(random, 9, 3);
            selector.assign(members);
            for (int step = 0; step < 100; ++step) {
                const auto away = random_ids(random, members, 3);
                bool anybody = false;
                for (const poise::member& m : members) anybody |= m.weight > 0 && !contains(away, m.id);
                std::size_t questions = 0;
                const auto load = [&](slot) {
                    ++questions;
                    return random.below(3);
                };
                const auto chosen = selector.select(load, poise::except(away));
                REQUIRE(chosen.has_value() == anybody);
                REQUIRE(questions <= 2 * members.size());
                if (!chosen) continue;
                const poise::member& who = members[static_cast<std::size_t>(*chosen)];
                REQUIRE((who.weight > 0 && !contains(away, who.id)));
            }
        }
    };
    check(least_loaded());
    check(least_loaded_first());
    check(least_loaded_random());
}

TEST_CASE("least_loaded: a load that grows with every question leads to the first of those that were tied") {
    least_loaded_random random({.seed = 1});
    least_loaded smooth;
    random.assign(poise::members({1, 1, 1}));
    smooth.assign(poise::members({1, 1, 1}));
    for (int i = 0; i < 50; ++i) {
        unsigned questions = 0;
        const auto growing = [&questions](slot) {
            return questions++ / 3; // all tied in the first round, and nobody in the second
        };
        CHECK(random.select(growing) == slot{0});
        questions = 0;
        CHECK(smooth.select(growing) == slot{0});
    }
}

TEST_CASE("least_loaded: ties::random chooses each of those tied equally often, and the same again after a reset") {
    const auto equal = [](slot) {
        return 7U;
    };
    least_loaded_random selector({.seed = 4});
    selector.assign(poise::members({1, 2, 1, 0, 1}));
    const least_loaded_random fresh = selector;
    CHECK(selector.select(equal) == slot{1}); // alone: nothing is drawn
    CHECK(selector == fresh);
    std::vector<std::uint64_t> counts(5);
    const auto not_the_second = [](slot where) {
        return where != slot{1};
    };
    for (int i = 0; i < 100'000; ++i)
        ++counts[static_cast<std::size_t>(selector.select(equal, not_the_second).value())];
    CHECK(agree(counts, std::vector<double>{1, 0, 1, 0, 1}));
    CHECK(selector != fresh);
    selector.reset();
    CHECK(selector == fresh);
    CHECK(least_loaded_random({.seed = 4}) != least_loaded_random({.seed = 5}));
}
