// SPDX-License-Identifier: MIT
// Does:    nginx's weighted round robin: shares by weight, spread as evenly as they go (a a b a c a a), and a member
//          that fails gets less until it has recovered.
// Cost:    select O(members); 49 bytes a member.
// Use:     the default when requests cost about the same and members do not.
// Shared:  no, select moves the current weights.
// Source:  nginx, src/http/ngx_http_upstream_round_robin.c.
#ifndef POISE_SELECTORS_SMOOTH_WEIGHTED_ROUND_ROBIN_HPP
#define POISE_SELECTORS_SMOOTH_WEIGHTED_ROUND_ROBIN_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <poise/detail/membership.hpp>
#include <poise/selector.hpp>

namespace poise {

/// nginx's smooth weighted round robin with its effective-weight failure decay, choice for choice.
class smooth_weighted_round_robin {
  public:
    struct options {
        std::uint32_t max_fails = 1; ///< a failure costs weight / max_fails; 0 = failures cost nothing
    };

    smooth_weighted_round_robin() = default;
    constexpr explicit smooth_weighted_round_robin(options chosen) noexcept : options_(chosen) {}

    /// Takes the whole membership. Who stays keeps its current weight, and its effective weight as far as the new
    /// weight allows; who joins starts level. Throws std::invalid_argument on a duplicate id or when members times
    /// the largest weight pass 2^60 (65,535 members of the largest weight are a 2^12th of that); nothing has changed
    /// then.
    constexpr void assign(std::span<const member> members) {
        detail::membership next(members, members_, "smooth_weighted_round_robin");
        std::uint64_t heaviest = 1;
        for (const member& m : members) heaviest = std::max<std::uint64_t>(heaviest, m.weight);
        if (members.size() > most_weight / heaviest) {
            detail::invalid("smooth_weighted_round_robin", "number of members", members.size(),
                            "members times the largest weight at most 2^60");
        }
        std::vector<state> states;
        states.reserve(members.size());
        mean_of_integers stayed;
        for (const member& m : members) {
            const auto old = members_.find(m.id);
            states.push_back(old ? reweighted(states_[detail::index_of(*old)], m.weight)
                                 : state{.current = 0, .effective = m.weight, .nominal = m.weight});
            stayed.count += old.has_value() ? 1 : 0;
        }
        for (const state& s : states) stayed.add(s.current); // who joins adds 0
        for (std::size_t i = 0; i < states.size(); ++i) {
            if (!members_.find(members[i].id)) continue;
            states[i].current = std::clamp(states[i].current - stayed.mean(), -farthest, farthest);
        }
        members_ = std::move(next);
        states_ = std::move(states);
    }

    [[nodiscard]] constexpr std::size_t size() const noexcept { return members_.size(); }
    [[nodiscard]] constexpr std::span<const member> members() const noexcept { return members_.members(); }

    /// Everybody level and whole again.
    constexpr void reset() noexcept {
        for (std::size_t i = 0; i < size(); ++i) {
            states_[i] = {.current = 0, .effective = members_.weight(i), .nominal = members_.weight(i)};
        }
    }
    constexpr void disable(slot where) noexcept { members_.disable(where); }
    constexpr void enable(slot where) noexcept { members_.enable(where); }

    /// Raises everyone who takes part by its effective weight and takes the highest, the first among equals, who
    /// pays what the others got. Empty when nobody may be chosen, and then nothing has moved.
    template <accept_rule Accept = accept_all>
    [[nodiscard]] constexpr std::optional<slot> select(const Accept& accept = {}) noexcept {
        const auto eligible = members_.eligible(accept);
        std::int64_t total = 0;
        std::optional<std::size_t> best;
        for (std::size_t i = 0; i < states_.size(); ++i) {
            if (!eligible(i)) continue;
            state& s = states_[i];
            s.current += s.effective;
            total += s.effective;
            if (s.effective < s.nominal) ++s.effective;
            if (!best || s.current > states_[*best].current) best = i;
        }
        if (!best) return std::nullopt;
        states_[*best].current -= total;
        return detail::slot_at(*best);
    }

    /// The member there failed: its effective weight falls by weight / max_fails, not below 0, and recovers by 1 with
    /// every selection it takes part in. O(1).
    constexpr void failed(slot where) noexcept {
        const std::size_t i = detail::index_of(where);
        if (i >= size() || options_.max_fails == 0) return;
        states_[i].effective -= std::min(states_[i].effective, members_.weight(i) / options_.max_fails);
    }

    /// What the member there is worth just now: its weight, less after failures. 0 for no member.
    [[nodiscard]] constexpr std::uint32_t effective_weight(slot where) const noexcept {
        return detail::index_of(where) < size() ? states_[detail::index_of(where)].effective : 0;
    }
    /// How much is owed to the member there, in weights; differences alone decide. 0 for no member.
    [[nodiscard]] constexpr std::int64_t current_weight(slot where) const noexcept {
        return detail::index_of(where) < size() ? states_[detail::index_of(where)].current : 0;
    }

    friend constexpr bool operator==(const smooth_weighted_round_robin& a,
                                     const smooth_weighted_round_robin& b) noexcept {
        return a.options_.max_fails == b.options_.max_fails && a.members_ == b.members_ && a.states_ == b.states_;
    }

  private:
    struct state {
        std::int64_t current;
        std::uint32_t effective;
        std::uint32_t nominal; // the last weight above 0: what a drained member comes back to
        friend constexpr bool operator==(const state&, const state&) = default;
    };

    static constexpr state reweighted(state s, std::uint32_t weight) noexcept {
        if (weight == 0) return s;
        s.effective = s.effective == s.nominal ? weight : std::min(s.effective, weight);
        s.nominal = weight;
        return s;
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

    // The mean, rounded towards 0, without the sum, which might not fit: it is quotient * count + remainder.
    struct mean_of_integers {
        std::int64_t count = 0;
        std::int64_t quotient = 0;
        std::int64_t remainder = 0;

        constexpr void add(std::int64_t value) noexcept {
            if (count == 0) return;
            remainder += value % count;
            quotient += value / count + remainder / count;
            remainder %= count;
        }
        [[nodiscard]] constexpr std::int64_t mean() const noexcept {
            if (quotient > 0 && remainder < 0) return quotient - 1;
            if (quotient < 0 && remainder > 0) return quotient + 1;
            return quotient;
        }
    };

    options options_;
    detail::membership members_;
    std::vector<state> states_;
};

static_assert(keyless_selector<smooth_weighted_round_robin> && failure_aware_selector<smooth_weighted_round_robin> &&
              !shareable_selector<smooth_weighted_round_robin>);

} // namespace poise

#endif
