// SPDX-License-Identifier: MIT
// A selector that is given its loads beside the one that counts connections itself.
#ifndef POISE_TESTS_SUPPORT_BY_LOAD_HPP
#define POISE_TESTS_SUPPORT_BY_LOAD_HPP

#include <catch2/catch_test_macros.hpp>

#include <cstdint>

#include "support/random.hpp"

namespace test {

/// Both choose the same, whoever joins, leaves, is rejected, begins or ends, when the load is the other's connections.
template <class ByLoad, class Counting>
void require_same_choices(ByLoad by_load, Counting counting, std::uint64_t seed, std::uint32_t heaviest) {
    random_source random(seed);
    auto members = random_members(random, 9, heaviest);
    counting.assign(members);
    by_load.assign(members);
    for (int step = 0; step < 400; ++step) {
        if (random.one_in(40)) {
            members = random_members(random, 9, 5);
            counting.assign(members);
            by_load.assign(members);
        }
        if (random.one_in(100)) {
            counting.reset();
            by_load.reset();
        }
        const auto away = random_ids(random, members, 4);
        const auto expected = counting.select(poise::except(away));
        const auto load = [&counting](poise::slot where) {
            return counting.connections(where);
        };
        REQUIRE(by_load.select(load, poise::except(away)) == expected);
        if (expected) counting.opened(*expected);
        if (!members.empty() && random.one_in(2)) {
            counting.closed(static_cast<poise::slot>(random.index(members.size())));
        }
    }
}

} // namespace test

#endif
