// SPDX-License-Identifier: MIT
#include <poise/detail/least.hpp>

#include <catch2/catch_test_macros.hpp>

#include <limits>

#include "support/random.hpp"

using namespace test;
using poise::detail::ratio;

namespace {

__extension__ using wide = unsigned __int128;

std::weak_ordering exactly(ratio a, ratio b) {
    return static_cast<wide>(a.load) * b.weight <=> static_cast<wide>(b.load) * a.weight;
}

constexpr std::uint64_t most_load = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint32_t most_weight = std::numeric_limits<std::uint32_t>::max();

} // namespace

static_assert(ratio{1, 2} == ratio{2, 4} && ratio{1, 3} < ratio{1, 2} && ratio{2, 1} > ratio{3, 2});
static_assert(ratio{0, 1} == ratio{0, most_weight} && ratio{0, most_weight} < ratio{1, most_weight});
static_assert(ratio{most_load, most_weight} == ratio{most_load, most_weight});
static_assert(ratio{most_load, most_weight} < ratio{most_load, most_weight - 1});
static_assert(ratio{most_load - 1, most_weight} < ratio{most_load, most_weight});

TEST_CASE("ratio: compared as by 128 bits") {
    random_source random(1);
    bool same = true;
    const auto compare = [&same](ratio a, ratio b) {
        same &= (a <=> b) == exactly(a, b) && (a == b) == (exactly(a, b) == 0) && (b <=> a) == exactly(b, a);
    };
    for (int i = 0; i < 200'000; ++i) {
        const auto load = [&random] {
            const std::uint64_t high = random.below(0xffffffffU);
            return ((high << 32U) | random.below(0xffffffffU)) >> random.below(64);
        };
        const ratio a{.load = load(), .weight = random.between(1, 0xffffffffU)};
        compare(a, {.load = load(), .weight = random.between(1, 0xffffffffU)});
        // next to a, and exactly as much as a
        const std::uint32_t small = random.between(1, 9);
        const std::uint32_t factor = random.between(1, 1000);
        compare({.load = most_load - a.load % 9, .weight = most_weight - a.weight % 9},
                {.load = most_load - a.load % 7, .weight = most_weight - a.weight % 7});
        const std::uint64_t some = a.load / 1000;
        compare({.load = some, .weight = small}, {.load = some * factor, .weight = small * factor});
        compare({.load = some, .weight = small}, {.load = some * factor + 1, .weight = small * factor});
    }
    REQUIRE(same);
}
