// SPDX-License-Identifier: MIT
// Does:    the heaviest member that has no more active connections than its weight; what it cannot take overflows to
//          the next heaviest. The load is the caller's.
// Cost:    select O(members passed over); 37 bytes a member.
// Use:     when weights are how many connections a member can hold, and as few members as possible should work.
// Shared:  yes, as far as the load is.
// Source:  Linux IPVS "ovf", net/netfilter/ipvs/ip_vs_ovf.c; by model.
#ifndef POISE_SELECTORS_WEIGHTED_OVERFLOW_HPP
#define POISE_SELECTORS_WEIGHTED_OVERFLOW_HPP

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <utility>

#include <poise/detail/heaviest_first.hpp>
#include <poise/detail/membership.hpp>
#include <poise/selector.hpp>

namespace poise {

/// LVS's weighted overflow, choice for choice. A member may have one connection more than its weight: who has just as
/// many still takes one.
class weighted_overflow {
  public:
    /// Takes the whole membership. O(members log members). Throws std::invalid_argument on a duplicate id; nothing has
    /// changed then.
    constexpr void assign(std::span<const member> members) {
        detail::membership next(members, members_, "weighted_overflow");
        order_ = detail::heaviest_first(next);
        members_ = std::move(next);
    }

    [[nodiscard]] constexpr std::size_t size() const noexcept { return members_.size(); }
    [[nodiscard]] constexpr std::span<const member> members() const noexcept { return members_.members(); }

    constexpr void reset() noexcept {}
    constexpr void disable(slot where) noexcept { members_.disable(where); }
    constexpr void enable(slot where) noexcept { members_.enable(where); }

    /// The heaviest that may be chosen and whose load, its active connections, is at most its weight. Empty when there
    /// is none: also when all have more.
    template <slot_load Load, accept_rule Accept = accept_all>
    [[nodiscard]] constexpr std::optional<slot> select(const Load& load, const Accept& accept = {}) const noexcept {
        const auto eligible = members_.eligible(accept);
        return order_.first(
            [&](std::size_t i) { return eligible(i) && load(detail::slot_at(i)) <= members_.weight(i); });
    }

    friend constexpr bool operator==(const weighted_overflow&, const weighted_overflow&) = default;

  private:
    detail::membership members_;
    detail::heaviest_first order_;
};

template <>
inline constexpr std::array law_exceptions<weighted_overflow>{
    law_exception{law::totality, "nobody is chosen when all have more connections than their weight",
                  "IPVS ovf: ip_vs_ovf_schedule"},
    law_exception{law::fairness, "the heaviest gets all that it can hold", "IPVS ovf: ip_vs_ovf_schedule"}};

static_assert(load_selector<weighted_overflow> && shareable_selector<weighted_overflow>);

} // namespace poise

#endif
