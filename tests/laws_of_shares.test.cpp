// SPDX-License-Identifier: MIT
// Law 4: shares equal weights. Exactly where a selector remembers what it chose; by chi-square where keys decide.
#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <array>
#include <cmath>
#include <numeric>
#include <string_view>

#include "support/all_selectors.hpp"
#include "support/random.hpp"
#include "support/ring_model.hpp"
#include "support/statistics.hpp"

using namespace test;
using poise::slot;

namespace {

constexpr std::uint64_t many = 1'000'000;

template <class Selector>
constexpr bool chooses_without_key = poise::keyless_selector<Selector> || poise::load_selector<Selector>;

/// A choice after which the chosen one has one request more, which it keeps.
template <class Selector>
std::size_t choose_and_keep(Selector& selector, std::vector<std::uint64_t>& kept) {
    std::optional<slot> chosen;
    if constexpr (poise::load_selector<Selector>) {
        chosen = selector.select([&kept](slot where) { return kept[static_cast<std::size_t>(where)]; });
    } else {
        chosen = selector.select();
    }
    open(selector, chosen.value());
    const auto index = static_cast<std::size_t>(*chosen);
    ++kept[index];
    return index;
}

/// How often each member is chosen by `many` different keys.
template <class Selector>
std::vector<std::uint64_t> counts_by_key(Selector& selector) {
    std::vector<std::uint64_t> counts(selector.size());
    for (std::uint64_t number = 0; number < many; ++number) {
        std::array<std::uint8_t, 8> text{};
        for (std::size_t i = 0; i < 8; ++i) text[i] = static_cast<std::uint8_t>('0' + number / (1U << (3 * i)) % 8);
        ++counts[static_cast<std::size_t>(selector.select(poise::hashed(text)).value())];
    }
    return counts;
}

template <class Selector>
struct layout_of;
template <class Layout>
struct layout_of<poise::hash_ring<Layout>> {
    using type = Layout;
};

/// What the arcs of a ring give each member, in slot order.
template <class Layout>
std::vector<double> shares_of_arcs(std::span<const poise::member> members) {
    const auto arcs = ring_model<Layout>(members).arcs();
    std::vector<double> shares;
    for (const poise::member& m : members) {
        const auto found = arcs.find(m.id);
        shares.push_back(found == arcs.end() ? 0 : static_cast<double>(found->second));
    }
    return shares;
}

} // namespace

// Who takes the least loaded for its weight makes its n-th choice of a member when n / weight is least of all; in
// order of that quotient, exactly the first sum / divisor choices have one below 1 / divisor, whoever wins ties.
TEMPLATE_LIST_TEST_CASE("law 4: over a period, shares equal weights", "[laws]", all_selectors) {
    if constexpr (chooses_without_key<TestType>) {
        for (std::uint64_t seed = 1; seed <= 200; ++seed) {
            INFO("seed " << seed);
            random_source random(seed);
            const auto members = random_members(random, 8, at_most<TestType>(random.one_in(2) ? 4 : 60));
            std::vector<std::uint64_t> shares;
            std::uint64_t divisor = 0;
            for (const poise::member& m : members) divisor = std::gcd(divisor, std::uint64_t{m.weight});
            for (const poise::member& m : members) {
                const bool equal_shares = std::same_as<TestType, poise::round_robin>;
                shares.push_back(m.weight == 0 ? 0 : equal_shares ? 1 : m.weight / divisor);
            }
            const std::uint64_t period = std::accumulate(shares.begin(), shares.end(), std::uint64_t{0});
            TestType selector;
            selector.assign(members);
            const TestType fresh = selector;
            std::vector<std::uint64_t> kept(members.size());
            for (int periods = 0; periods < 3; ++periods) {
                std::vector<std::uint64_t> counts(members.size());
                for (std::uint64_t i = 0; i < period; ++i) ++counts[choose_and_keep(selector, kept)];
                REQUIRE(counts == shares);
            }
            if (poise::connection_counting_selector<TestType> || poise::load_selector<TestType>) continue;
            REQUIRE(future(selector, 2 * period) == future(fresh, 2 * period));
        }
    }
}

TEMPLATE_LIST_TEST_CASE("law 4: a million keys fall on members as the weights, or the ring's arcs, say", "[laws]",
                        keyed_selectors) {
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
        INFO("seed " << seed);
        random_source random(seed);
        auto members = random_members(random, 9, at_most<TestType>(17));
        members.push_back({1000, 1});
        TestType selector;
        selector.assign(members);
        std::vector<double> shares;
        if constexpr (std::same_as<TestType, ring_or_smooth>) {
            shares = shares_of_arcs<poise::ketama_layout>(members);
        } else if constexpr (poise::breaks<TestType>(poise::law::fairness)) {
            shares = shares_of_arcs<typename layout_of<TestType>::type>(members);
        } else {
            for (const poise::member& m : members) shares.push_back(m.weight);
        }
        REQUIRE(agree(counts_by_key(selector), shares));
    }
}

TEMPLATE_LIST_TEST_CASE("law 4, the exception: shares of a ring stray by 1 / sqrt(points) of them, as chance has it",
                        "[laws]", ring_selectors) {
    STATIC_REQUIRE(poise::law_exceptions<TestType>.size() == 1);
    CHECK_FALSE(poise::law_exceptions<TestType>.front().what.empty());
    CHECK_FALSE(poise::law_exceptions<TestType>.front().source.empty());
    using layout = typename layout_of<TestType>::type;
    double squares = 0;
    double all = 0;
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        INFO("seed " << seed);
        random_source random(seed);
        auto members = random_members(random, 12, at_most<TestType>(9));
        for (poise::member& m : members) m.id = 5000 * seed + m.id;
        members.push_back({1, 1});
        const std::vector<double> shares = shares_of_arcs<layout>(members);
        const double whole = std::accumulate(shares.begin(), shares.end(), 0.0);
        double weights = 0;
        for (const poise::member& m : members) weights += m.weight;
        for (std::size_t i = 0; i < members.size(); ++i) {
            if (members[i].weight == 0) continue;
            const double points = double{layout::points_per_weight} * members[i].weight;
            const double strays = (shares[i] / whole) / (members[i].weight / weights) - 1;
            REQUIRE(std::abs(strays) * std::sqrt(points) <= 4);
            squares += strays * strays * points;
            all += 1;
        }
    }
    // all points thrown at random: 1 less one's own share where the arc behind a point is its own, and half of that
    // where it has half of both
    const double spread = std::sqrt(squares / all);
    CHECK(spread > 0.5);
    CHECK(spread < 1.0);
}
