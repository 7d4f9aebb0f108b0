// SPDX-License-Identifier: MIT
// Does:    weight levels from the top down; on each, one turn for every member at least that heavy: a a a a a b c.
// Cost:    select O(1) amortised, past members that may not be chosen O(members); 45 bytes a member.
// Use:     when LVS's order is wanted; it is bursty, smooth_weighted_round_robin spreads better.
// Shared:  no, select moves the place and the level.
// Source:  Linux IPVS "wrr", net/netfilter/ipvs/ip_vs_wrr.c, as of 2010 (shifted top level) and later; by model.
#ifndef POISE_SELECTORS_INTERLEAVED_WEIGHTED_ROUND_ROBIN_HPP
#define POISE_SELECTORS_INTERLEAVED_WEIGHTED_ROUND_ROBIN_HPP

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <span>
#include <utility>

#include <poise/detail/level_list.hpp>
#include <poise/detail/membership.hpp>
#include <poise/selector.hpp>

namespace poise {

/// LVS's weighted round robin, choice for choice.
class interleaved_weighted_round_robin {
  public:
    /// Takes the whole membership. As in IPVS a change of any kind moves the place to the head and keeps the level,
    /// within the new levels, so that nobody's traffic stops because another's weight changed; the same span changes
    /// nothing. Throws std::invalid_argument on a duplicate id; nothing has changed then.
    constexpr void assign(std::span<const member> members) {
        if (std::ranges::equal(members, members_.members())) return;
        detail::membership next(members, members_, "interleaved_weighted_round_robin");
        list_ = detail::level_list(next);
        members_ = std::move(next);
        std::uint32_t divisor = 0;
        std::uint32_t heaviest = 0;
        for (const member& m : members_.members()) {
            divisor = std::gcd(divisor, m.weight);
            heaviest = std::max(heaviest, m.weight);
        }
        step_ = std::max(divisor, std::uint32_t{1});
        top_ = heaviest - std::min(heaviest, step_ - 1);
        place_ = 0;
        if (level_ > top_ || level_ == 0) {
            level_ = top_;
        } else if (step_ > 1) {
            level_ = level_ / step_ * step_ + 1;
        }
        list_.set(level_, members_);
    }

    [[nodiscard]] constexpr std::size_t size() const noexcept { return members_.size(); }
    [[nodiscard]] constexpr std::span<const member> members() const noexcept { return members_.members(); }

    constexpr void reset() noexcept { go_to(top_); }
    constexpr void disable(slot where) noexcept { members_.disable(where); }
    constexpr void enable(slot where) noexcept { members_.enable(where); }

    /// The next member behind the place that is at least as heavy as the level; past the end the level falls, or
    /// starts again at the top. Empty when nobody may be chosen.
    template <accept_rule Accept = accept_all>
    [[nodiscard]] constexpr std::optional<slot> select(const Accept& accept = {}) noexcept {
        const auto eligible = members_.eligible(accept);
        const std::size_t next = next_at_level(eligible);
        return detail::choice(next != detail::nobody ? next : next_below(eligible));
    }

    friend constexpr bool operator==(const interleaved_weighted_round_robin&,
                                     const interleaved_weighted_round_robin&) = default;

  private:
    constexpr void go_to(std::uint32_t level) noexcept {
        place_ = 0;
        level_ = level;
        if (size() > 0) list_.set(level, members_); // moved from, it has none
    }
    // The next whom the level has, or nobody.
    template <class Eligible>
    constexpr std::size_t next_at_level(const Eligible& eligible) noexcept {
        if (size() == 0) return detail::nobody;
        std::size_t i = place_ == 0 ? list_.first() : list_.behind(place_ - 1);
        for (; i != list_.end(); i = list_.behind(i)) {
            if (!eligible(i)) continue;
            place_ = i + 1;
            return i;
        }
        return detail::nobody;
    }
    // The first of the next level that has anybody. A call, so that the rest is none.
    template <class Eligible>
    [[gnu::noinline]] constexpr std::size_t next_below(const Eligible& eligible) noexcept {
        const std::uint32_t heaviest = heaviest_of(eligible);
        if (heaviest == 0) {
            // IPVS has then walked every level; only from inside the lowest one it returns to where it was.
            if (place_ == 0 || level_ > step_) reset();
            return detail::nobody;
        }
        std::uint32_t level = level_ > step_ ? level_ - step_ : top_;
        if (level > heaviest) level -= ((level - heaviest - 1) / step_ + 1) * step_; // past the empty levels
        go_to(level);
        return next_at_level(eligible);
    }
    template <class Eligible>
    [[nodiscard]] constexpr std::uint32_t heaviest_of(const Eligible& eligible) const noexcept {
        if (size() == 0) return 0;
        if (eligible(list_.heaviest())) return members_.weight(list_.heaviest()); // nearly always
        std::uint32_t heaviest = 0;
        for (std::size_t i = 0; i < size(); ++i) {
            if (eligible(i)) heaviest = std::max(heaviest, members_.weight(i));
        }
        return heaviest;
    }

    detail::membership members_;
    detail::level_list list_; // of who is heavy enough for the level
    std::size_t place_ = 0;   // behind the last choice; 0 = the head of the list
    std::uint32_t level_ = 0; // who is lighter has no turn; always top_ - k * step_, the lowest is 1
    std::uint32_t step_ = 1;  // greatest common divisor of the weights
    std::uint32_t top_ = 0;   // heaviest - (step - 1), so that the lowest level is 1; 0 when all weights are
};

template <>
inline constexpr std::array law_exceptions<interleaved_weighted_round_robin>{
    law_exception{law::survival, "a changed membership starts again at its head, on the level it was on",
                  "IPVS wrr: ip_vs_wrr_dest_changed"}};

static_assert(keyless_selector<interleaved_weighted_round_robin> &&
              !shareable_selector<interleaved_weighted_round_robin>);

} // namespace poise

#endif
