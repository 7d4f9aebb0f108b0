// SPDX-License-Identifier: MIT
// How well a selector spreads what it is given, as numbers: of turns, how far counts stray and how long runs are; of
// keys, how far loads stray and how many move without need. Benchmarks print them, tests hold them to bounds.
#ifndef POISE_TESTS_SUPPORT_QUALITY_HPP
#define POISE_TESTS_SUPPORT_QUALITY_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <unordered_map>
#include <vector>

#include <poise/member.hpp>
#include <poise/random.hpp>

namespace test {

inline std::uint64_t sum_of_weights(std::span<const poise::member> members) {
    std::uint64_t sum = 0;
    for (const poise::member& m : members) sum += m.weight;
    return sum;
}

/// The sum of the weights divided by their greatest common divisor: a round in which everyone has its exact share.
inline std::uint64_t round_length(std::span<const poise::member> members) {
    std::uint32_t divisor = 0;
    for (const poise::member& m : members) divisor = std::gcd(divisor, m.weight);
    return sum_of_weights(members) / divisor;
}

struct spread {
    std::uint64_t longest_run = 0; ///< most choices of one member after each other, the last run to its end
    double ahead = 0;              ///< largest x(t) - t w / W: choices of a member less its share of all t so far
    double behind = 0;             ///< largest t w / W - x(t)

    [[nodiscard]] double deviation() const { return std::max(ahead, behind); }
};

/// Of the first `choices` choices of a selector without a key.
///
/// A member falls behind evenly until it is chosen: it is furthest behind just before that, and furthest ahead just
/// after. So O(1) a choice, in whole numbers as far as they go.
template <class Selector>
spread spread_of(Selector& selector, std::span<const poise::member> members, std::uint64_t choices) {
    const auto sum = static_cast<std::int64_t>(sum_of_weights(members));
    std::vector<std::int64_t> counts(members.size());
    std::int64_t ahead = 0; // both times `sum`
    std::int64_t behind = 0;
    const auto lead = [&](std::size_t who, std::uint64_t time) {
        return counts[who] * sum - static_cast<std::int64_t>(time) * members[who].weight;
    };
    spread result;
    std::uint64_t run = 0;
    std::size_t last = members.size();
    const auto count_run = [&](std::size_t chosen) {
        run = chosen == last ? run + 1 : 1;
        last = chosen;
        result.longest_run = std::max(result.longest_run, run);
    };
    for (std::uint64_t time = 1; time <= choices; ++time) {
        const auto chosen = static_cast<std::size_t>(selector.select().value());
        count_run(chosen);
        behind = std::max(behind, -lead(chosen, time - 1));
        ++counts[chosen];
        ahead = std::max(ahead, lead(chosen, time));
    }
    for (std::size_t i = 0; i < members.size(); ++i) behind = std::max(behind, -lead(i, choices));
    for (std::uint64_t more = 0; run > 0 && more < choices; ++more) {
        const auto chosen = static_cast<std::size_t>(selector.select().value());
        if (chosen != last) break;
        count_run(chosen);
    }
    result.ahead = static_cast<double>(ahead) / static_cast<double>(sum);
    result.behind = static_cast<double>(behind) / static_cast<double>(sum);
    return result;
}

inline constexpr std::uint64_t nobody = ~std::uint64_t{0};

/// Whom each of `keys` keys without pattern, the same every time, goes to, by id.
template <class Selector>
std::vector<std::uint64_t> owners_of_keys(Selector& selector, std::span<const poise::member> members,
                                          std::uint64_t keys) {
    std::vector<std::uint64_t> owners;
    owners.reserve(static_cast<std::size_t>(keys));
    poise::splitmix64 random(5);
    for (std::uint64_t i = 0; i < keys; ++i) {
        const auto chosen = selector.select(poise::key_hash{random()});
        owners.push_back(chosen ? members[static_cast<std::size_t>(*chosen)].id : nobody);
    }
    return owners;
}

/// The largest load in parts of what the member's weight makes its share. Chance alone has about
/// 1 + sqrt(2 ln n) / sqrt(keys a member).
inline double peak_of(std::span<const std::uint64_t> owners, std::span<const poise::member> members) {
    std::unordered_map<std::uint64_t, double> loads;
    for (const std::uint64_t owner : owners) ++loads[owner];
    const double a_unit = static_cast<double>(owners.size()) / static_cast<double>(sum_of_weights(members));
    double peak = 0;
    for (const poise::member& m : members) {
        if (m.weight > 0) peak = std::max(peak, loads[m.id] / (a_unit * m.weight));
    }
    return peak;
}

/// The share of all keys that were not those of `left`, who is gone, and yet have another owner.
inline double moved_share(std::span<const std::uint64_t> before, std::span<const std::uint64_t> after,
                          std::uint64_t left) {
    double moved = 0;
    for (std::size_t i = 0; i < before.size(); ++i) {
        if (before[i] != left && after[i] != before[i]) ++moved;
    }
    return moved / static_cast<double>(before.size());
}

/// `members` without the one in their middle.
inline std::vector<poise::member> without_middle(std::span<const poise::member> members) {
    std::vector<poise::member> fewer(members.begin(), members.end());
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(members.size() / 2));
    return fewer;
}

} // namespace test

#endif
