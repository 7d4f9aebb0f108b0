// SPDX-License-Identifier: MIT
// How well 100 members share: bounds of what the benchmarks print. Where a bound is proven or counted out, the comment
// says how; where it is only measured, it says that, and the figure.
#include <catch2/catch_test_macros.hpp>

#include <array>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include <poise/layouts/haproxy.hpp>
#include <poise/layouts/ketama.hpp>
#include <poise/selectors/fast_weighted_round_robin.hpp>
#include <poise/selectors/interleaved_weighted_round_robin.hpp>
#include <poise/selectors/lvs_maglev.hpp>
#include <poise/selectors/modulo_hash.hpp>
#include <poise/selectors/smooth_weighted_round_robin.hpp>
#include <poise/selectors/static_round_robin.hpp>

#include "support/quality.hpp"

using namespace test;

namespace {

constexpr std::uint32_t n = 100;
constexpr std::uint64_t keys = 1'000'000;
constexpr double rounding = 1e-9;

/// Members 0, 1, ... with weights `weight(0)`, `weight(1)`, ...
std::vector<poise::member> weighing(const auto& weight) {
    std::vector<poise::member> members;
    for (std::uint32_t i = 0; i < n; ++i) members.push_back({.id = i, .weight = weight(i)});
    return members;
}
std::vector<poise::member> equal() {
    return weighing([](std::uint32_t) { return 1U; });
}
std::vector<poise::member> rising() {
    return weighing([](std::uint32_t i) { return i + 1; });
}
std::vector<poise::member> falling() {
    return weighing([](std::uint32_t i) { return n - i; });
}
std::vector<poise::member> one_of_100(std::uint32_t where) {
    return weighing([where](std::uint32_t i) { return i == where ? 100U : 1U; });
}
std::vector<poise::member> halves(std::uint32_t one, std::uint32_t other) {
    return weighing([=](std::uint32_t i) { return i < n / 2 ? one : other; });
}
std::vector<std::vector<poise::member>> unequal() {
    return {rising(), falling(), one_of_100(0), one_of_100(50), one_of_100(99), halves(3, 1), halves(1, 3)};
}

template <class Selector>
spread spread_over_round(const std::vector<poise::member>& members) {
    Selector selector;
    selector.assign(members);
    return spread_of(selector, members, round_length(members));
}

struct key_quality {
    double peak;
    double moved;
};
template <class Selector>
key_quality quality_of_keys(Selector selector, const std::vector<poise::member>& members) {
    selector.assign(members);
    const auto before = owners_of_keys(selector, members, keys);
    const auto fewer = without_middle(members);
    selector.assign(fewer);
    const auto after = owners_of_keys(selector, fewer, keys);
    return {.peak = peak_of(before, members), .moved = moved_share(before, after, members[n / 2].id)};
}

/// What a round robin of equal weights cannot do better: each once in a round, so the first to be chosen is 1 - 1/n
/// ahead and the last as much behind.
template <class Selector>
void deals_equal_weights_evenly() {
    const spread found = spread_over_round<Selector>(equal());
    CHECK(found.longest_run == 1);
    CHECK(std::abs(found.ahead - 0.99) < rounding);
    CHECK(std::abs(found.behind - 0.99) < rounding);
}

} // namespace

TEST_CASE("quality: equal weights are dealt as evenly as can be", "[quality]") {
    deals_equal_weights_evenly<poise::smooth_weighted_round_robin>();
    deals_equal_weights_evenly<poise::static_round_robin>();
    deals_equal_weights_evenly<poise::interleaved_weighted_round_robin>();
    deals_equal_weights_evenly<poise::fast_weighted_round_robin>();
}

// Current weights sum to W before a choice, so the highest is at least W / n and who has it is at most 1 - 1/n ahead.
// Behind: let A(k) be the most that k members together are behind. A choice outside of the k that are furthest behind
// was at least as far behind as each of them, so they reach k / (k + 1) * (A(k + 1) + 1) at most; a choice among them
// does not raise their sum. With A(n) = 0 that makes A(1) = 1/2 + 1/3 + ... + 1/n = H(n) - 1, 4.19 here.
TEST_CASE("quality: smooth weighted round robin is at most 1 - 1/n ahead and H(n) - 1 behind", "[quality]") {
    double harmonic = 0;
    for (std::uint32_t k = 1; k <= n; ++k) harmonic += 1.0 / k;
    for (const auto& members : unequal()) {
        const spread found = spread_over_round<poise::smooth_weighted_round_robin>(members);
        CHECK(found.ahead <= 1 - 1.0 / n + rounding);
        CHECK(found.behind <= harmonic - 1 + rounding);
        CHECK(found.deviation() < 1.25); // measured: 1.235 for the weights 1 and 3, the first half the lighter
        CHECK(found.longest_run <= 2);   // measured: 2 for one of 100, which has one more than half of all choices
    }
}

// Standings, 1 + t w / W - k, sum to n + 1 before the t-th choice, so the most whole rounds are one at least. Who is
// chosen had k <= t w / W, and is at most 1 ahead then. Behind is only measured: 1.92 for rising weights, where the
// heavy come last among equals.
TEST_CASE("quality: static round robin is at most 1 ahead", "[quality]") {
    for (const auto& members : unequal()) {
        const spread found = spread_over_round<poise::static_round_robin>(members);
        CHECK(found.ahead <= 1 + rounding);
        CHECK(found.behind < 2);
    }
    // With 100 of 199 it has a new round every second time. The first of all takes two at once where rounds begin. In
    // the middle it takes turns with the 50 before it and keeps a round meanwhile, which makes it three after them.
    CHECK(spread_over_round<poise::static_round_robin>(one_of_100(0)).longest_run == 2);
    CHECK(spread_over_round<poise::static_round_robin>(one_of_100(50)).longest_run == 3);
}

// The heaviest is alone on the levels from its weight down to that of the second: their difference, in steps of the
// greatest common divisor, is its run; one more where it is the first on the next level, and one more where it is the
// last on the lowest, after which the levels start again.
TEST_CASE("quality: interleaved weighted round robin has runs as long as the heaviest is alone", "[quality]") {
    const auto longest_run = [](const std::vector<poise::member>& members) {
        return spread_over_round<poise::interleaved_weighted_round_robin>(members).longest_run;
    };
    CHECK(longest_run(one_of_100(0)) == 99 + 1);
    CHECK(longest_run(one_of_100(50)) == 99);
    CHECK(longest_run(one_of_100(99)) == 99 + 1);
    CHECK(longest_run(rising()) == 1 + 1);
    CHECK(longest_run(falling()) == 1 + 1);
    CHECK(longest_run(halves(3, 1)) == 1);
    // 100 choices in a row, of which 100 / 199 are its share
    const double ahead = spread_over_round<poise::interleaved_weighted_round_robin>(one_of_100(0)).ahead;
    CHECK(std::abs(ahead - (100 - 100 * 100 / 199.0)) < rounding);
}

// Everyone comes a round's length divided by its weight after its last turn, and waits while others are due: measured
// 1.23 for rising and for falling weights, 1.53 in 300 random ones; no bound is known to us.
TEST_CASE("quality: fast weighted round robin strays by less than 1.25", "[quality]") {
    for (const auto& members : unequal()) {
        const spread found = spread_over_round<poise::fast_weighted_round_robin>(members);
        CHECK(found.deviation() < 1.25);
        CHECK(found.longest_run <= 2);
    }
}

// With 160 points, arcs make a member's share stray by 1 / sqrt(160) = 7.9 %, standard deviation; the largest of 100 is
// about 2.5 of these, 1.20, and 1.3 is 3.8 of them. Envoy's ring with 160 points a host has 1.157.
TEST_CASE("quality: of 1,000,000 keys on nginx's ring the peak is 1.3 shares, and none moves without need",
          "[quality]") {
    std::vector<poise::member> members;
    for (std::uint32_t i = 0; i < n; ++i) {
        members.push_back({poise::ketama_id("10.0.0." + std::to_string(i + 1) + ":8080", i), 1});
    }
    const auto [peak, moved] = quality_of_keys(poise::ketama_ring(), members);
    CHECK(peak < 1.3); // measured: 1.270
    CHECK(moved == 0); // a ring's points are those of a member alone
}

// 16 points: 25 %, so 2.5 of these is 1.63. HAProxy's own ring has 1.43 with other keys, and 1.13 with weights of 10.
TEST_CASE("quality: of 1,000,000 keys on HAProxy's ring none moves without need", "[quality]") {
    auto members = weighing([](std::uint32_t) { return 1U; });
    for (poise::member& m : members) ++m.id; // as HAProxy counts
    const auto [peak, moved] = quality_of_keys(poise::haproxy_ring(), members);
    CHECK(peak < 1.63); // measured: 1.448
    CHECK(moved == 0);
    for (poise::member& m : members) m.weight = 10;
    CHECK(quality_of_keys(poise::haproxy_ring(), members).peak < 1.2); // 160 points: 1.20; measured: 1.127
}

// The table is exact, so only chance is left: 10,000 keys a member, 1 % standard deviation, and 5 of these. A key's
// remainder by 99 is as good as independent of that by 100: of the others' keys, 99 %, one in 99 stays, if by chance.
TEST_CASE("quality: of 1,000,000 keys in HAProxy's map the peak is 1.05 shares, and nearly all move", "[quality]") {
    const auto [peak, moved] = quality_of_keys(poise::modulo_hash(), equal());
    CHECK(peak < 1.05);                   // measured: 1.028
    CHECK(moved > 0.9);                   // the documented weakness of `hash-type map-based`
    CHECK(std::abs(moved - 0.98) < 0.01); // 0.99 * 98 / 99
}

// Everyone has 655 or 656 of 65,521 places: 1.0012 of a share, then chance as above. When one leaves, others also get
// places that it had taken before them, and give up those that they had instead: here 0.55 % of all keys. Envoy's
// Maglev with 65,537 places has a peak of 1.017 over 2,000,000 keys and 0.54 % moved, Katran's 1.017 and 0.58 %.
TEST_CASE("quality: of 1,000,000 keys in LVS's Maglev table the peak is 1.05 shares, and few move", "[quality]") {
    std::vector<poise::member> members;
    for (std::uint32_t i = 0; i < n; ++i) {
        const std::array<std::uint8_t, 4> address{10, 0, 0, static_cast<std::uint8_t>(i + 1)};
        members.push_back({poise::lvs_id(address, 8080), 1});
    }
    const auto [peak, moved] = quality_of_keys(poise::lvs_maglev({.places = 65521}), members);
    CHECK(peak < 1.05); // measured: 1.021
    CHECK(moved < 0.02);
    CHECK(moved > 0); // a table in which nobody came second for a place would be none of Maglev's
}
