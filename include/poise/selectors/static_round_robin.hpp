// SPDX-License-Identifier: MIT
// Does:    HAProxy's static-rr: the positions of its map in turn, a a a b a a c for 5, 1, 1.
// Cost:    select O(1), O(members log positions) past members that may not be chosen; 37 bytes a member and 8 a unit of
//          weight.
// Use:     when weights hardly ever change and a choice should cost a step along a table.
// Shared:  no, select moves the turn.
// Source:  HAProxy, src/lb_map.c.
#ifndef POISE_SELECTORS_STATIC_ROUND_ROBIN_HPP
#define POISE_SELECTORS_STATIC_ROUND_ROBIN_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include <poise/detail/circle.hpp>
#include <poise/detail/haproxy_map.hpp>
#include <poise/detail/membership.hpp>
#include <poise/selector.hpp>

namespace poise {

/// HAProxy's weighted round robin with static weights, choice for choice when ids ascend in the order of its
/// configuration; the table goes by ids.
///
/// HAProxy makes a new table without a server that is down: weight 0 does that here.
class static_round_robin {
  public:
    struct options {
        /// What weights are divided by; 0 = their greatest common divisor. HAProxy's is that of all servers, also of
        /// those that are down: where they have weight 0 here, its choices need that divisor.
        std::uint32_t divisor = 0;
        friend constexpr bool operator==(const options&, const options&) = default;
    };

    static_round_robin() = default;
    constexpr explicit static_round_robin(options chosen) noexcept : options_(chosen) {}

    /// The largest table: the sum of the weights, divided by their greatest common divisor.
    static constexpr std::uint64_t max_positions = std::uint64_t{1} << 24U;

    /// Takes the whole membership. The turn goes on at the same number of the new table, as in HAProxy. O(positions log
    /// members). Throws std::invalid_argument on a duplicate id, a weight that the divisor does not divide, or when the table would pass `max_positions`; nothing
    /// has changed then.
    constexpr void assign(std::span<const member> members) {
        detail::membership next(members, members_, "static_round_robin");
        detail::circle table(detail::haproxy_map(next, options_.divisor, max_positions, "static_round_robin"),
                             next.size());
        members_ = std::move(next);
        table_ = std::move(table);
    }

    [[nodiscard]] constexpr std::size_t size() const noexcept { return members_.size(); }
    [[nodiscard]] constexpr std::span<const member> members() const noexcept { return members_.members(); }

    constexpr void reset() noexcept { turn_ = 0; }
    constexpr void disable(slot where) noexcept { members_.disable(where); }
    constexpr void enable(slot where) noexcept { members_.enable(where); }

    /// The member at the next position whose member may be chosen; empty when there is none, and then nothing has
    /// moved.
    template <accept_rule Accept = accept_all>
    [[nodiscard]] constexpr std::optional<slot> select(const Accept& accept = {}) noexcept {
        const std::size_t positions = table_.size();
        const std::size_t found = table_.find(turn_ < positions ? turn_ : 0, members_.eligible(accept));
        if (found == positions) return std::nullopt;
        turn_ = found + 1; // past the last it stays, as in HAProxy: a position may have come by the next time
        return table_[found];
    }

    friend constexpr bool operator==(const static_round_robin&, const static_round_robin&) = default;

  private:
    options options_;
    detail::membership members_;
    detail::circle table_;
    std::size_t turn_ = 0; // how many positions it has passed
};

template <>
inline constexpr std::array law_exceptions<static_round_robin>{
    law_exception{law::survival, "a changed membership has another table, and the turn goes on at the same number",
                  "HAProxy: map_get_server_rr"}};

static_assert(keyless_selector<static_round_robin> && !shareable_selector<static_round_robin>);

} // namespace poise

#endif
