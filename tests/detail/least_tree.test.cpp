// SPDX-License-Identifier: MIT
#include <poise/detail/least_tree.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <vector>

#include "support/random.hpp"

using namespace test;
using poise::slot;
using poise::detail::least_tree;
using poise::detail::membership;
using poise::detail::ratio;

namespace {

// Weights so large, and loads, that 2^32nds do not tell all ratios apart, too.
void check(std::uint64_t seed, std::uint32_t heaviest, std::uint64_t unit) {
    INFO("seed " << seed << ", weights to " << heaviest << ", loads in " << unit);
    random_source random(seed);
    std::vector<poise::member> all;
    std::vector<std::uint64_t> loads(random.between(1, 40), 0);
    for (std::uint64_t i = 0; i < loads.size(); ++i) {
        all.push_back({.id = i, .weight = random.one_in(5) ? 0 : heaviest - random.below(heaviest < 4 ? heaviest : 3)});
    }
    const membership members(all, {}, "least_tree.test");
    const auto load = [&loads](slot where) {
        return loads[static_cast<std::size_t>(where)];
    };
    least_tree tree(members, load);
    std::vector<bool> accepted(all.size(), true);
    for (int step = 0; step < 200; ++step) {
        std::vector<std::size_t> expected;
        for (std::size_t i = 0; i < all.size(); ++i) {
            if (!accepted[i] || all[i].weight == 0) continue;
            const ratio here{.load = loads[i], .weight = all[i].weight};
            if (!expected.empty()) {
                const ratio least{.load = loads[expected[0]], .weight = all[expected[0]].weight};
                if (here > least) continue;
                if (here < least) expected.clear();
            }
            expected.push_back(i);
        }
        REQUIRE(tree.count() == expected.size());
        std::vector<std::size_t> visited;
        tree.for_each(members, load, [&visited](std::size_t i) { visited.push_back(i); });
        REQUIRE(visited == expected);
        for (std::size_t k = 0; k < expected.size(); ++k) REQUIRE(tree.after(k, members, load) == expected[k]);
        if (!expected.empty()) REQUIRE(tree.first() == expected[0]);

        const std::size_t i = random.index(all.size());
        accepted[i] = !random.one_in(4);
        loads[i] = unit * random.below(4) + random.below(2);
        tree.put(i, accepted[i] && all[i].weight > 0, members, load);
    }
}

} // namespace

TEST_CASE("least_tree knows all who are least loaded, and their order") {
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        for (const std::uint32_t heaviest : {1U, 3U, 100U, 0xffffU, 0x10000U, 0xffffffffU}) {
            check(seed, heaviest, 1);
            check(seed, heaviest, std::uint64_t{1} << 31U);
            check(seed, heaviest, std::uint64_t{1} << 40U);
        }
    }
}
