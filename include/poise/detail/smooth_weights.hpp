// SPDX-License-Identifier: MIT
// The current and effective weights of nginx's smooth weighted round robin, and one turn of it among some of the
// members: all of them in smooth_weighted_round_robin, the tied in the least family.
#ifndef POISE_DETAIL_SMOOTH_WEIGHTS_HPP
#define POISE_DETAIL_SMOOTH_WEIGHTS_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <poise/detail/membership.hpp>
#include <poise/detail/select_if.hpp>

namespace poise::detail {

class smooth_weights {
  public:
    struct state {
        std::int64_t current;
        std::uint32_t effective;
        std::uint32_t nominal; // the last weight above 0: what a drained member comes back to
        friend constexpr bool operator==(const state&, const state&) = default;
    };

    smooth_weights() = default;

    /// The weights of `members`. Who was a member of `old` keeps its current weight in `before`, and its effective
    /// weight as far as the new weight allows; who joins starts level. 16 bytes a member. Throws
    /// std::invalid_argument in the name of `who` when members times the largest weight pass 2^60.
    constexpr smooth_weights(const membership& members, const membership& old, const smooth_weights& before,
                             std::string_view who) {
        std::uint64_t heaviest = 1;
        for (const member& m : members.members()) heaviest = std::max<std::uint64_t>(heaviest, m.weight);
        if (!fits(members.size(), heaviest)) {
            invalid(who, "number of members", members.size(), "members times the largest weight at most 2^60");
        }
        states_.resize(members.size(), level(0));
        mean_of_integers stayed;
        for (std::size_t i = 0; i < states_.size(); ++i) {
            const member& m = members.members()[i];
            const std::size_t was = old.find(m.id, i);
            const state s = was != nobody ? before.states_[was] : level(m.weight);
            // field by field: what is read again as a whole would wait for its parts
            states_[i].current = s.current;
            states_[i].effective = reweighted(s.effective, s.nominal, m.weight);
            states_[i].nominal = m.weight == 0 ? s.nominal : m.weight;
            stayed.count += was != nobody ? 1 : 0;
            stayed.add(s.current); // who joins adds 0
        }
        const std::int64_t mean = stayed.mean();
        const bool all_stayed = stayed.count == static_cast<std::int64_t>(members.size());
        for (std::size_t i = 0; i < states_.size(); ++i) {
            if (!all_stayed && old.find(members.members()[i].id, i) == nobody) continue;
            states_[i].current = std::clamp(states_[i].current - mean, -farthest, farthest);
        }
    }

    /// Whether so many members may have such weights.
    [[nodiscard]] static constexpr bool fits(std::size_t members, std::uint64_t heaviest) noexcept {
        return members <= most_weight / std::max<std::uint64_t>(heaviest, 1);
    }
    /// The member there has another weight now, as if all were given anew; it must fit. Where everybody stays there is
    /// nothing else to do: turns leave the sum of the current weights as it is, and since the last membership it has been
    /// below the number of members, so the mean is 0; and what is said below of straying holds for the largest of all weights
    /// since then.
    constexpr void reweigh(std::size_t index, std::uint32_t weight) noexcept {
        state& s = states_[index];
        s.effective = reweighted(s.effective, s.nominal, weight);
        if (weight > 0) s.nominal = weight;
    }

    /// Everybody level and whole again.
    constexpr void reset(const membership& members) noexcept {
        for (std::size_t i = 0; i < states_.size(); ++i) states_[i] = level(members.weight(i));
    }

    /// Raises everyone who takes part by its effective weight and takes the highest, the first among equals, who
    /// pays what the others got. `takes_part` is asked from `first` on. Empty when nobody does; nothing has moved.
    template <class TakesPart>
    [[nodiscard]] constexpr std::optional<std::size_t> turn(const TakesPart& takes_part,
                                                            std::size_t first = 0) noexcept {
        round now;
        for (std::size_t i = first; i < states_.size(); ++i) {
            if (takes_part(i)) now.join(states_[i], i);
        }
        return paid(now);
    }
    /// The same among those whom `for_each(visit)` visits, in their order.
    template <class ForEach>
    [[nodiscard]] constexpr std::optional<std::size_t> turn_of_each(const ForEach& for_each) noexcept {
        round now;
        for_each([&](std::size_t i) { now.join(states_[i], i); });
        return paid(now);
    }
    /// The same among the members at `slots` alone, in that order.
    template <class TakesPart>
    [[nodiscard]] constexpr std::optional<std::size_t> turn_among(std::span<const slot> slots,
                                                                  const TakesPart& takes_part) noexcept {
        round now;
        for (const slot s : slots) {
            if (takes_part(index_of(s))) now.join(states_[index_of(s)], index_of(s));
        }
        return paid(now);
    }

    /// A failure costs weight / max_fails, nothing when that is 0. Who is no member is ignored.
    constexpr void failed(const membership& members, slot where, std::uint32_t max_fails) noexcept {
        const std::size_t i = index_of(where);
        if (i >= states_.size() || max_fails == 0) return;
        states_[i].effective -= std::min(states_[i].effective, members.weight(i) / max_fails);
    }

    /// For smooth_race, which takes the same turns faster.
    [[nodiscard]] constexpr std::span<state> states() noexcept { return states_; }
    [[nodiscard]] constexpr std::span<const state> states() const noexcept { return states_; }
    struct marks_of {
        std::span<const state> states;
        constexpr std::uint64_t operator()(std::size_t i) const noexcept {
            return static_cast<std::uint64_t>(states[i].current);
        }
    };
    /// The current weights, as weight_classes wants them.
    [[nodiscard]] constexpr marks_of marks() const noexcept { return {states_}; }

    [[nodiscard]] constexpr std::uint32_t effective(slot where) const noexcept {
        return index_of(where) < states_.size() ? states_[index_of(where)].effective : 0;
    }
    [[nodiscard]] constexpr std::int64_t current(slot where) const noexcept {
        return index_of(where) < states_.size() ? states_[index_of(where)].current : 0;
    }

    friend constexpr bool operator==(const smooth_weights&, const smooth_weights&) = default;

  private:
    // One turn while it is taken.
    struct round {
        std::int64_t total = 0;
        std::int64_t highest = std::numeric_limits<std::int64_t>::min(); // lower than any
        std::size_t best = nobody;

        constexpr void join(state& s, std::size_t index) noexcept {
            s.current += s.effective;
            total += s.effective;
            s.effective += static_cast<std::uint32_t>(s.effective < s.nominal);
            best = select_if(s.current > highest, index, best); // as good as random: no branch
            highest = std::max(highest, s.current);
        }
    };
    constexpr std::optional<std::size_t> paid(const round& now) noexcept {
        if (now.best == nobody) return std::nullopt;
        states_[now.best].current -= now.total;
        return now.best;
    }

    static constexpr state level(std::uint32_t weight) noexcept {
        return {.current = 0, .effective = weight, .nominal = weight};
    }
    static constexpr std::uint32_t reweighted(std::uint32_t effective, std::uint32_t nominal,
                                              std::uint32_t weight) noexcept {
        if (weight == 0) return effective;
        return effective == nominal ? weight : std::min(effective, weight);
    }

    // Why nothing overflows. Let n be the members, M the largest weight, and D(k) a bound on the sum of the k largest
    // current weights. Suppose a selection raises the sum over a set K of k members: the chosen c is then not in K.
    // Of K the set U takes part, u of them, and before it pays c stands at least as high as each of them. So the new
    // sum is at most D(k + 1) + (u + 1) M - c and at most D(k - u) + u c; weighted u : 1 these give
    // (u D(k + 1) + D(k - u)) / (u + 1) + u M. With D(k) = g(k) + M k (n - k), g concave, that is at most D(k) again,
    // because the mean of k + 1 and k - u, so weighted, is k and their variance u. Between two assigns, whatever is
    // excluded, fails or recovers, a current weight hence strays at most M (n - 1) <= 2^60 beyond where the first of
    // them left it, and assign leaves nobody farther than 2^61: all fits in 63 bits. Only hostile exclusion goes that
    // far: a full membership stays within the sum of the weights times the harmonic number of n.
    static constexpr std::uint64_t most_weight = std::uint64_t{1} << 60U;
    static constexpr std::int64_t farthest = std::int64_t{1} << 61U;

    // The mean, rounded towards 0; the sum might not fit, so its upper and lower halves are summed apart.
    struct mean_of_integers {
        std::int64_t count = 0; // below 2^32
        std::int64_t high = 0;
        std::uint64_t low = 0;

        constexpr void add(std::int64_t value) noexcept {
            high += value >> 32U;
            low += static_cast<std::uint64_t>(value) & 0xffffffffU;
        }
        [[nodiscard]] constexpr std::int64_t mean() const noexcept {
            if (count == 0) return 0;
            const std::int64_t all_high = high + static_cast<std::int64_t>(low >> 32U);
            const std::int64_t borrowed =
                all_high % count < 0 ? 1 : 0; // C++ rounds towards 0, and this is rounded down
            const std::int64_t rest = all_high % count + borrowed * count;
            const std::uint64_t lower = static_cast<std::uint64_t>(rest) << 32U | (low & 0xffffffffU);
            const auto divisor = static_cast<std::uint64_t>(count);
            const std::int64_t down =
                (all_high / count - borrowed) * (std::int64_t{1} << 32U) + static_cast<std::int64_t>(lower / divisor);
            return down < 0 && lower % divisor != 0 ? down + 1 : down;
        }
    };

    std::vector<state> states_;
};

} // namespace poise::detail

#endif
