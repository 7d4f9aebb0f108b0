// SPDX-License-Identifier: MIT
// Does:    nginx's weighted round robin: shares by weight, spread as evenly as they go (a a b a c a a), and a member
//          that fails gets less until it has recovered.
// Cost:    select O(1) once its choices repeat and a table has them; while not, after an event, about O(sqrt(different
//          weights) + log members); O(members) with an accept that is a predicate. 74 bytes a member and 44 a weight; the
//          table 2.25 a choice of the period, which is the sum of the weights over their divisor, and 4 a member.
// Use:     the default when requests cost about the same and members do not.
// Shared:  no, select moves the current weights.
// Source:  nginx, src/http/ngx_http_upstream_round_robin.c.
#ifndef POISE_SELECTORS_SMOOTH_WEIGHTED_ROUND_ROBIN_HPP
#define POISE_SELECTORS_SMOOTH_WEIGHTED_ROUND_ROBIN_HPP

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include <poise/detail/membership.hpp>
#include <poise/detail/smooth_race.hpp>
#include <poise/selector.hpp>

namespace poise {

/// nginx's smooth weighted round robin with its effective-weight failure decay, choice for choice.
class smooth_weighted_round_robin {
  public:
    struct options {
        std::uint32_t max_fails = 1;                            ///< a failure costs weight / max_fails; 0 = nothing
        std::size_t max_table_bytes = std::size_t{1024} * 1024; ///< what the table of a period may take; 0 = no table
    };

    smooth_weighted_round_robin() = default;
    constexpr explicit smooth_weighted_round_robin(options chosen) noexcept : options_(chosen) {}

    /// Takes the whole membership. Who stays keeps its current weight, and its effective weight as far as the new
    /// weight allows; who joins starts level. Throws std::invalid_argument on a duplicate id or when members times
    /// the largest weight pass 2^60 (65,535 members of the largest weight are a 2^12th of that); nothing has changed
    /// then.
    constexpr void assign(std::span<const member> members) {
        detail::membership next(members, members_, "smooth_weighted_round_robin");
        if (!race_.reweigh(next.only_reweighted(members_), next, options_.max_table_bytes)) {
            race_ = detail::smooth_race(next, members_, race_, options_.max_table_bytes, "smooth_weighted_round_robin");
        }
        members_ = std::move(next);
    }

    [[nodiscard]] constexpr std::size_t size() const noexcept { return members_.size(); }
    [[nodiscard]] constexpr std::span<const member> members() const noexcept { return members_.members(); }

    /// Everybody level and whole again.
    constexpr void reset() noexcept { race_.reset(members_); }
    constexpr void disable(slot where) noexcept {
        if (members_.disable(where)) race_.changed(members_, where);
    }
    constexpr void enable(slot where) noexcept {
        if (members_.enable(where)) race_.changed(members_, where);
    }

    /// Raises everyone who takes part by its effective weight and takes the highest, the first among equals, who
    /// pays what the others got. Empty when nobody may be chosen, and then nothing has moved.
    template <accept_rule Accept = accept_all>
    [[nodiscard]] constexpr std::optional<slot> select(const Accept& accept = {}) noexcept {
        return detail::choice(turn(accept));
    }

    /// The member there failed: its effective weight falls by weight / max_fails, not below 0, and recovers by 1 with
    /// every selection it takes part in. O(log members), O(members + period) when choices came from the table.
    constexpr void failed(slot where) noexcept { failed(where, options_.max_fails); }
    /// The same where every member has a `max_fails` of its own, as nginx's servers do.
    constexpr void failed(slot where, std::uint32_t max_fails) noexcept { race_.failed(members_, where, max_fails); }

    /// What the member there is worth just now: its weight, less after failures. 0 for no member.
    [[nodiscard]] constexpr std::uint32_t effective_weight(slot where) const noexcept { return race_.effective(where); }
    /// How much is owed to the member there, in weights; differences alone decide. 0 for no member.
    [[nodiscard]] constexpr std::int64_t current_weight(slot where) const noexcept { return race_.current(where); }

    friend constexpr bool operator==(const smooth_weighted_round_robin& a,
                                     const smooth_weighted_round_robin& b) noexcept {
        return a.options_.max_fails == b.options_.max_fails && a.members_ == b.members_ && a.race_ == b.race_;
    }

  private:
    template <class Accept>
    [[nodiscard]] constexpr std::size_t turn(const Accept& accept) noexcept {
        if constexpr (std::same_as<Accept, accept_all>) {
            return race_.is_read() ? race_.turn_read() : race_.turn(members_); // nearly always read
        } else if constexpr (listing_accept<Accept>) {
            return race_.turn_without(accept.ids(), members_);
        } else {
            return race_.turn_among(members_.eligible(accept));
        }
    }

    options options_;
    detail::membership members_;
    detail::smooth_race race_;
};

static_assert(keyless_selector<smooth_weighted_round_robin> && failure_aware_selector<smooth_weighted_round_robin> &&
              !shareable_selector<smooth_weighted_round_robin>);

} // namespace poise

#endif
