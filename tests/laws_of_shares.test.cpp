// SPDX-License-Identifier: MIT
// Law 4: shares equal weights. Exactly where a selector remembers what it chose; by chi-square where keys decide.
#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <map>
#include <numeric>
#include <string_view>

#include "support/all_selectors.hpp"
#include "support/literal_lvs_hash.hpp"
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

/// Members side by side in the order of ids, as wide as their weights, under the first hashes of a key.
std::vector<double> shares_of_hashes(std::span<const poise::member> members, std::uint32_t hashes) {
    std::map<std::uint64_t, std::uint32_t> weights;
    std::uint64_t sum = 0;
    for (const poise::member& m : members) {
        weights[m.id] = m.weight;
        sum += m.weight;
    }
    std::map<std::uint64_t, double> counts;
    for (std::uint32_t hash = 0; hash < hashes; ++hash) {
        std::uint64_t rest = hash % sum;
        auto owner = weights.begin();
        for (; rest >= owner->second; ++owner) rest -= owner->second;
        ++counts[owner->first];
    }
    std::vector<double> shares;
    for (const poise::member& m : members) shares.push_back(counts[m.id]);
    return shares;
}

std::vector<double> shares_of_weights(std::span<const poise::member> members) {
    std::vector<double> shares;
    for (const poise::member& m : members) shares.push_back(m.weight);
    return shares;
}

/// What is left of the weights when the second of two draws has to be another: within 20 more draws, else there is
/// round robin.
std::vector<double> shares_of_two_draws(std::span<const poise::member> members) {
    const auto weights = shares_of_weights(members);
    const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
    std::vector<double> shares(weights.size());
    for (std::size_t first = 0; first < weights.size(); ++first) {
        const double p = weights[first] / sum;
        const double in_vain = std::pow(p, 20);
        for (std::size_t second = 0; second < weights.size(); ++second) {
            const double q = weights[second] / sum;
            if (second != first && q > 0) shares[second] += p * q / (1 - p) * (1 - in_vain);
            shares[second] += p * in_vain * q;
        }
    }
    return shares;
}

/// The shares of keys; the weights for whom nothing else is said here.
template <class Selector>
struct shares_of_keys {
    static constexpr bool are_weights = true;
    static std::vector<double> of(std::span<const poise::member> members) { return shares_of_weights(members); }
};
template <class Layout>
struct shares_of_keys<poise::hash_ring<Layout>> {
    static constexpr bool are_weights = false;
    static std::vector<double> of(std::span<const poise::member> members) { return shares_of_arcs<Layout>(members); }
};
template <>
struct shares_of_keys<poise::nginx_consistent_hash> : shares_of_keys<poise::ketama_ring> {};
template <>
struct shares_of_keys<poise::nginx_hash> {
    static constexpr bool are_weights = false;
    static std::vector<double> of(std::span<const poise::member> members) { return shares_of_hashes(members, 32768); }
};
template <>
struct shares_of_keys<poise::ip_hash> {
    static constexpr bool are_weights = false;
    static std::vector<double> of(std::span<const poise::member> members) { return shares_of_hashes(members, 6271); }
};
template <>
struct shares_of_keys<lvs_hash_fallback> {
    static constexpr bool are_weights = false;
    static std::vector<double> of(std::span<const poise::member> members) {
        lvs::bucket_table model;
        return lvs::shares_of(members, [&model](const lvs::service& svc) {
            model.reassign(svc);
            return model.buckets;
        });
    }
};
template <>
struct shares_of_keys<lvs_maglev_fallback> {
    static constexpr bool are_weights = false;
    static std::vector<double> of(std::span<const poise::member> members) {
        lvs::maglev_table model{.size = 251, .tab_index = 8};
        return lvs::shares_of(members, [&model](const lvs::service& svc) {
            model.changed(svc);
            return model.lookup;
        });
    }
};
template <class Keyed, class Fallback>
struct shares_of_keys<poise::keyed_or<Keyed, Fallback>> : shares_of_keys<Keyed> {};
template <class Keyed>
struct shares_of_keys<poise::bounded_load<Keyed>> : shares_of_keys<Keyed> {};
template <class Selector>
struct shares_of_keys<poise::with_backup<Selector>> : shares_of_keys<Selector> {};

/// Whose choices are exact over a period; a ring's turn has another one.
template <class Selector>
constexpr bool is_exact =
    chooses_without_key<Selector> && !std::same_as<Selector, poise::fast_weighted_round_robin> &&
    !std::same_as<Selector, poise::first_available> && !std::same_as<Selector, poise::random_draws> &&
    !std::same_as<Selector, poise::loaded_draws> && !std::derived_from<Selector, poise::nginx_random> &&
    !std::same_as<Selector, least_connections_fifo> && !std::same_as<Selector, bounded_or_cursor> &&
    !std::same_as<Selector, any_ring> && !std::same_as<Selector, lvs_lc> &&
    !std::same_as<Selector, poise::weighted_failover> && !std::same_as<Selector, poise::weighted_overflow> &&
    !std::same_as<Selector, poise::lvs_twos>;

} // namespace

// Who takes the least loaded for its weight makes its n-th choice of a member when n / weight is least of all; in
// order of that quotient, exactly the first sum / divisor choices have one below 1 / divisor, whoever wins ties.
TEMPLATE_LIST_TEST_CASE("law 4: over a period, shares equal weights", "[laws]", all_selectors) {
    if constexpr (is_exact<TestType>) {
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
    STATIC_REQUIRE((shares_of_keys<TestType>::are_weights || poise::breaks<TestType>(poise::law::fairness)));
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
        INFO("seed " << seed);
        random_source random(seed);
        auto members = random_members(random, 9, at_most<TestType>(17));
        if constexpr (goes_by_order<TestType>) std::erase_if(members, [](const auto& m) { return m.weight == 0; });
        members.push_back({1000, 1});
        TestType selector;
        selector.assign(members);
        REQUIRE(agree(counts_by_key(selector), shares_of_keys<TestType>::of(members)));
    }
}

TEMPLATE_TEST_CASE("law 4: a hundred thousand draws fall on members as the weights, or the ring's arcs, say", "[laws]",
                   poise::random_draws, poise::nginx_random, nginx_random_two) {
    STATIC_REQUIRE(poise::breaks<poise::random_draws>(poise::law::fairness)); // a ring's
    STATIC_REQUIRE(poise::breaks<poise::nginx_random>(poise::law::fairness)); // with two draws
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
        INFO("seed " << seed);
        random_source random(seed);
        auto members = random_members(random, 9, at_most<TestType>(17));
        members.push_back({1000, 1});
        TestType selector;
        selector.assign(members);
        std::vector<std::uint64_t> counts(members.size());
        for (int i = 0; i < 100'000; ++i) ++counts[static_cast<std::size_t>(selector.select().value())];
        if constexpr (std::same_as<TestType, poise::nginx_random>) {
            REQUIRE(agree(counts, shares_of_weights(members)));
        } else if constexpr (std::same_as<TestType, nginx_random_two>) {
            REQUIRE(agree(counts, shares_of_two_draws(members)));
        } else {
            REQUIRE(agree(counts, shares_of_arcs<poise::haproxy_layout>(members)));
        }
    }
}

TEST_CASE("law 4, the exception: HAProxy's roundrobin is exact to one turn, over 16 times the sum of the weights",
          "[laws]") {
    STATIC_REQUIRE(poise::breaks<poise::fast_weighted_round_robin>(poise::law::fairness));
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        INFO("seed " << seed);
        random_source random(seed);
        const auto members = random_members(random, random.one_in(5) ? 30 : 8, random.one_in(2) ? 4 : 256);
        const std::vector<double> shares = shares_of_weights(members);
        const double sum = std::accumulate(shares.begin(), shares.end(), 0.0);
        poise::fast_weighted_round_robin selector;
        selector.assign(members);
        std::vector<double> counts(members.size());
        double turns = 0;
        for (int round = 0; round < 3; ++round) {
            const std::vector<double> before = counts;
            double farthest = 0;
            for (double i = 0; i < 16 * sum; ++i) {
                ++counts[static_cast<std::size_t>(selector.select().value())];
                ++turns;
                for (std::size_t m = 0; m < counts.size(); ++m) {
                    farthest = std::max(farthest, std::abs(counts[m] - turns * shares[m] / sum));
                }
            }
            REQUIRE(farthest < 5); // and it does not grow from round to round
            for (std::size_t m = 0; m < counts.size(); ++m) {
                REQUIRE(std::abs(counts[m] - before[m] - 16 * shares[m]) <= 1);
            }
        }
    }
}

TEST_CASE("law 4, the exception: HAProxy's first gives the first all that it may get, whatever the weights", "[laws]") {
    STATIC_REQUIRE(poise::breaks<poise::first_available>(poise::law::fairness));
    poise::first_available selector;
    selector.assign(std::vector<poise::member>{{3, 9}, {2, 1}, {1, 0}});
    for (int i = 0; i < 10; ++i) CHECK(selector.select() == slot{1});
}

TEST_CASE("law 4, the exception: backups get nothing while others may be chosen", "[laws]") {
    STATIC_REQUIRE(poise::breaks<smooth_with_backup>(poise::law::fairness));
    STATIC_REQUIRE(poise::breaks<table_with_backup>(poise::law::fairness));
    smooth_with_backup selector({.backups = {1}});
    selector.assign(poise::members({1, 9, 1}));
    CHECK(future(selector, 4) == std::vector<std::int64_t>{0, 2, 0, 2});
}

TEMPLATE_TEST_CASE("law 4, the exception: LVS's lblc and lblcr give a key to the same member until it is overloaded",
                   "[laws]", poise::lvs_locality, lvs_lblcr) {
    STATIC_REQUIRE(poise::breaks<poise::lvs_locality>(poise::law::fairness));
    TestType selector;
    selector.assign(poise::members({3, 9}));
    for (int i = 0; i < 4; ++i) {
        CHECK(selector.select(key_of(1)) == slot{0});
        selector.opened(slot{0});
    }
    for (int i = 0; i < 5; ++i) {
        CHECK(selector.select(key_of(1)) == slot{1});
        selector.opened(slot{1});
    }
    CHECK(selector.select(key_of(2)) == slot{1});
    selector.closed(slot{0});
    CHECK(selector.select(key_of(2)) == slot{1});
}

// least_connections breaks no law with its other rules for ties, so its type declares nothing.
TEST_CASE("law 4, where ties are HAProxy's: equal but for one connection and the rounding of keys to 1/256", "[laws]") {
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        INFO("seed " << seed);
        random_source random(seed);
        const auto members = random_members(random, 8, 256);
        least_connections_fifo selector;
        selector.assign(members);
        std::vector<std::uint64_t> open(members.size());
        for (int i = 0; i < 2000; ++i) {
            const auto chosen = selector.select();
            if (!chosen) break;
            selector.opened(*chosen);
            ++open[static_cast<std::size_t>(*chosen)];
            bool level = true;
            for (std::size_t a = 0; a < members.size(); ++a) {
                for (std::size_t b = 0; b < members.size(); ++b) {
                    if (members[a].weight == 0 || members[b].weight == 0 || open[a] < 2) continue;
                    const std::uint64_t wa = members[a].weight;
                    const std::uint64_t wb = members[b].weight;
                    level &= open[b] > 0 && 256 * open[a] * wb < 256 * (open[b] + 1) * wa + wa * wb;
                }
            }
            REQUIRE(level);
        }
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
