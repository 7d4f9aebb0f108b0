// SPDX-License-Identifier: MIT
// What pools do with the accepts that they are given.
#ifndef POISE_DETAIL_ACCEPTS_HPP
#define POISE_DETAIL_ACCEPTS_HPP

#include <cstddef>
#include <cstdint>
#include <span>

#include <poise/accept.hpp>

namespace poise::detail {

/// What a pool takes.
template <class Accept>
concept pool_accept = accept_rule<Accept> || member_predicate<Accept>;

/// A selector, and above all a user's own, asks an accept about slots: an accept of ids or of members reaches it with the
/// membership it is about.
template <pool_accept Accept>
[[nodiscard]] constexpr decltype(auto) bound_to(std::span<const member> members, const Accept& accept) noexcept {
    if constexpr (!slot_predicate<Accept> && requires { accept.over(members); }) {
        return accept.over(members);
    } else if constexpr (!accept_rule<Accept>) {
        return [members, &accept](slot where) -> bool {
            return accept(members[static_cast<std::size_t>(where)]);
        };
    } else {
        return (accept);
    }
}

/// `Accept` as far as `Also` accepts, too; it can be enumerated if `Accept` can.
template <accept_rule Accept, slot_predicate Also>
class accept_both {
  public:
    constexpr accept_both(const Accept& accept, const Also& also) noexcept : accept_(accept), also_(also) {}

    [[nodiscard]] constexpr bool operator()(slot where) const noexcept
        requires slot_predicate<Accept>
    {
        return also_(where) && accept_(where);
    }
    [[nodiscard]] constexpr std::span<const std::uint64_t> ids() const noexcept
        requires enumerable_accept<Accept>
    {
        return accept_.ids();
    }
    [[nodiscard]] constexpr bool also(slot where) const noexcept
        requires enumerable_accept<Accept>
    {
        return also_(where) && also_accepts(accept_, where);
    }

  private:
    const Accept& accept_;
    const Also& also_;
};

} // namespace poise::detail

#endif
