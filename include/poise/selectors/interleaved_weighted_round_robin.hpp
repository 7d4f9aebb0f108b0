// SPDX-License-Identifier: MIT
// Does:    weight levels from the top down; on each, one turn for every member at least that heavy: a a a a a b c.
// Cost:    select O(members), O(1) amortised for equal weights; 33 bytes a member; no step for a level that is empty.
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
        members_ = detail::membership(members, members_, "interleaved_weighted_round_robin");
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
    }

    [[nodiscard]] constexpr std::size_t size() const noexcept { return members_.size(); }
    [[nodiscard]] constexpr std::span<const member> members() const noexcept { return members_.members(); }

    constexpr void reset() noexcept {
        place_ = 0;
        level_ = top_;
    }
    constexpr void disable(slot where) noexcept { members_.disable(where); }
    constexpr void enable(slot where) noexcept { members_.enable(where); }

    /// The next member behind the place that is at least as heavy as the level; past the end the level falls, or
    /// starts again at the top. Empty when nobody may be chosen.
    template <accept_rule Accept = accept_all>
    [[nodiscard]] constexpr std::optional<slot> select(const Accept& accept = {}) noexcept {
        const auto eligible = members_.eligible(accept);
        if (next_at_level(eligible)) return detail::slot_at(place_ - 1);
        std::uint32_t heaviest = 0;
        for (std::size_t i = 0; i < size(); ++i) {
            if (eligible(i)) heaviest = std::max(heaviest, members_.weight(i));
        }
        if (heaviest == 0) {
            // IPVS has then walked every level; only from inside the lowest one it returns to where it was.
            if (place_ == 0 || level_ > step_) reset();
            return std::nullopt;
        }
        level_ = level_ > step_ ? level_ - step_ : top_;
        if (level_ > heaviest) level_ -= ((level_ - heaviest - 1) / step_ + 1) * step_; // past the empty levels
        place_ = 0;
        if (next_at_level(eligible)) return detail::slot_at(place_ - 1);
        return std::nullopt;
    }

    friend constexpr bool operator==(const interleaved_weighted_round_robin&,
                                     const interleaved_weighted_round_robin&) = default;

  private:
    // Whether the level has one more; the place is behind it then.
    template <class Eligible>
    constexpr bool next_at_level(const Eligible& eligible) noexcept {
        for (std::size_t i = place_; i < size(); ++i) {
            if (members_.weight(i) < level_ || !eligible(i)) continue;
            place_ = i + 1;
            return true;
        }
        return false;
    }

    detail::membership members_;
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
