// SPDX-License-Identifier: MIT
#include <poise/shared/phase.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <set>
#include <vector>

#include <poise/random.hpp>
#include <poise/selectors/round_robin.hpp>
#include <poise/shared/ticketed_weighted_round_robin.hpp>

#include "support/quality.hpp"

using poise::phase_of;

namespace {

constexpr std::uint64_t workers = 64;

/// Of so many workers in step, each of which begins at its phase: how far any member's choices of all of them stray from its
/// share, at the worst moment of a round.
double worst_deviation(const std::vector<poise::member>& members, const std::vector<std::uint64_t>& phases) {
    poise::ticketed_weighted_round_robin order;
    order.assign(members);
    const auto sum = static_cast<double>(test::sum_of_weights(members));
    std::vector<double> chosen(members.size());
    double worst = 0;
    for (std::uint64_t turn = 0; turn < order.positions(); ++turn) {
        for (const std::uint64_t phase : phases) ++chosen[static_cast<std::size_t>(*order.at(phase + turn))];
        const double all = static_cast<double>(turn + 1) * static_cast<double>(phases.size());
        for (std::size_t i = 0; i < members.size(); ++i) {
            worst = std::max(worst, std::abs(chosen[i] - all * members[i].weight / sum));
        }
    }
    return worst;
}

struct deviations {
    double aligned;
    double random;
    double apart;
};
deviations of(const std::vector<poise::member>& members) {
    poise::splitmix64 random(1);
    std::vector<std::uint64_t> drawn;
    std::vector<std::uint64_t> apart;
    const std::uint64_t round = test::round_length(members);
    for (std::uint64_t worker = 0; worker < workers; ++worker) {
        drawn.push_back(random() % round);
        apart.push_back(phase_of(worker, round));
    }
    return {.aligned = worst_deviation(members, std::vector<std::uint64_t>(workers)),
            .random = worst_deviation(members, drawn),
            .apart = worst_deviation(members, apart)};
}

std::vector<poise::member> equal(std::size_t count) {
    std::vector<poise::member> members;
    for (std::size_t id = 0; id < count; ++id) members.push_back({.id = id});
    return members;
}

} // namespace

static_assert(phase_of(0, 100) == 0 && phase_of(1, 100) == 61 && phase_of(2, 100) == 23 && phase_of(3, 100) == 85);
static_assert(phase_of(7, 0) == 0 && phase_of(7, 1) == 0);

TEST_CASE("phase_of: 64 workers apart stray less by an order of magnitude than when they begin together") {
    for (const auto& members : {equal(3), equal(8), equal(64), equal(500), poise::members({5, 1, 1}),
                                poise::members({10, 20, 30, 40}), poise::members({3, 1, 4, 1, 5, 9, 2, 6})}) {
        const deviations by = of(members);
        INFO(members.size() << " members: together " << by.aligned << ", random " << by.random << ", apart "
                            << by.apart);
        CHECK(by.apart * 10 < by.aligned);
        CHECK(by.apart < by.random);
    }
}

// A member whose weight is a Fibonacci number has its turns as far apart as the phases of so many workers come close to: 89
// of 64 workers, above all. Then they are better than together, and not better than chance.
TEST_CASE("phase_of: the worst that weights can do to it") {
    const deviations by = of(poise::members({89, 55, 34, 21, 100, 97, 64, 1}));
    INFO("together " << by.aligned << ", random " << by.random << ", apart " << by.apart);
    CHECK(by.apart * 2 < by.aligned);
}

TEST_CASE("phase_of: each falls into the largest gap that those before have left") {
    constexpr std::uint64_t round = std::uint64_t{1} << 32U;
    std::set<std::uint64_t> taken{0, round};
    for (std::uint64_t worker = 1; worker < 1000; ++worker) {
        std::uint64_t largest = 0;
        for (auto at = taken.begin(); std::next(at) != taken.end(); ++at) {
            largest = std::max(largest, *std::next(at) - *at);
        }
        const std::uint64_t phase = phase_of(worker, round);
        const auto above = taken.upper_bound(phase);
        REQUIRE(*above - *std::prev(above) + 2 >= largest); // rounded
        taken.insert(phase);
    }
}

TEST_CASE("phase_of: what goes into a selector's phase") {
    std::set<std::uint64_t> first;
    for (std::uint64_t worker = 0; worker < 8; ++worker) {
        poise::round_robin mine({.phase = static_cast<std::uint32_t>(phase_of(worker, 8))});
        mine.assign(equal(8));
        first.insert(static_cast<std::uint64_t>(*mine.select()));
    }
    CHECK(first.size() >= 7);
}
