// SPDX-License-Identifier: MIT
// Does:    the heaviest member that may be chosen, the first of the heaviest: the others are its reserves, by weight.
// Cost:    select O(members passed over); 37 bytes a member.
// Use:     one active server with an order of reserves.
// Shared:  yes.
// Source:  Linux IPVS "fo", net/netfilter/ipvs/ip_vs_fo.c; by model.
#ifndef POISE_SELECTORS_WEIGHTED_FAILOVER_HPP
#define POISE_SELECTORS_WEIGHTED_FAILOVER_HPP

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <utility>

#include <poise/detail/heaviest_first.hpp>
#include <poise/detail/membership.hpp>
#include <poise/selector.hpp>

namespace poise {

/// LVS's weighted failover, choice for choice.
class weighted_failover {
  public:
    /// Takes the whole membership. O(members log members). Throws std::invalid_argument on a duplicate id; nothing has
    /// changed then.
    constexpr void assign(std::span<const member> members) {
        detail::membership next(members, members_, "weighted_failover");
        order_ = detail::heaviest_first(next);
        members_ = std::move(next);
    }

    [[nodiscard]] constexpr std::size_t size() const noexcept { return members_.size(); }
    [[nodiscard]] constexpr std::span<const member> members() const noexcept { return members_.members(); }

    constexpr void reset() noexcept {}
    constexpr void disable(slot where) noexcept { members_.disable(where); }
    constexpr void enable(slot where) noexcept { members_.enable(where); }

    /// The heaviest that may be chosen; empty when nobody may.
    template <accept_rule Accept = accept_all>
    [[nodiscard]] constexpr std::optional<slot> select(const Accept& accept = {}) const noexcept {
        return order_.first(members_.eligible(accept));
    }

    friend constexpr bool operator==(const weighted_failover&, const weighted_failover&) = default;

  private:
    detail::membership members_;
    detail::heaviest_first order_;
};

template <>
inline constexpr std::array law_exceptions<weighted_failover>{
    law_exception{law::fairness, "the heaviest gets all", "IPVS fo: ip_vs_fo_schedule"}};

static_assert(keyless_selector<weighted_failover> && shareable_selector<weighted_failover>);

} // namespace poise

#endif
