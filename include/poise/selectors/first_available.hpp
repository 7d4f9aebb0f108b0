// SPDX-License-Identifier: MIT
// Does:    the member with the lowest id that may be chosen: the next one is used when the ones before are full.
// Cost:    select O(members that may not be chosen), O(1) when the first may; 33 bytes a member.
// Use:     with an accept that sets limits, so that as few members as possible work and the rest can be switched off.
// Shared:  yes, as far as the accept is.
// Source:  HAProxy, `balance first`, src/lb_fas.c.
#ifndef POISE_SELECTORS_FIRST_AVAILABLE_HPP
#define POISE_SELECTORS_FIRST_AVAILABLE_HPP

#include <array>
#include <cstddef>
#include <optional>
#include <span>

#include <poise/detail/membership.hpp>
#include <poise/selector.hpp>

namespace poise {

/// HAProxy's `first`, choice for choice. Weights do not count, except that 0 is drained.
class first_available {
  public:
    /// Takes the whole membership. Throws std::invalid_argument on a duplicate id; nothing has changed then.
    constexpr void assign(std::span<const member> members) {
        members_ = detail::membership(members, members_, "first_available");
    }

    [[nodiscard]] constexpr std::size_t size() const noexcept { return members_.size(); }
    [[nodiscard]] constexpr std::span<const member> members() const noexcept { return members_.members(); }

    constexpr void reset() noexcept {}
    constexpr void disable(slot where) noexcept { members_.disable(where); }
    constexpr void enable(slot where) noexcept { members_.enable(where); }

    /// The member with the lowest id that may be chosen; empty when there is none.
    template <accept_rule Accept = accept_all>
    [[nodiscard]] constexpr std::optional<slot> select(const Accept& accept = {}) const noexcept {
        const auto eligible = members_.eligible(accept);
        for (std::size_t i = 0; i < size(); ++i) {
            const slot where = members_.in_id_order(i);
            if (eligible(detail::index_of(where))) return where;
        }
        return std::nullopt;
    }

    friend constexpr bool operator==(const first_available&, const first_available&) = default;

  private:
    detail::membership members_;
};

template <>
inline constexpr std::array law_exceptions<first_available>{
    law_exception{law::fairness, "the first gets all that it may get", "HAProxy: fas_get_next_server"}};

static_assert(keyless_selector<first_available> && shareable_selector<first_available>);

} // namespace poise

#endif
