// SPDX-License-Identifier: MIT
// What a health layer is: who may be chosen now, told by what happened and by the time that is passed in.
#ifndef POISE_HEALTH_HEALTH_LAYER_HPP
#define POISE_HEALTH_HEALTH_LAYER_HPP

#include <concepts>
#include <cstdint>
#include <span>

#include <poise/member.hpp>

namespace poise {

/// How a lease ended.
enum class outcome : std::uint8_t {
    success,   ///< the endpoint did what it was asked
    failure,   ///< the endpoint's fault: unreachable, no valid answer
    cancelled, ///< nobody's fault, or the caller's: says nothing about the endpoint
};

/// A pure state machine that judges members by slot. `pool` disables in its selector whom it calls unhealthy.
///
/// Law: `assign` takes the whole membership and keeps the survivors' state by id; it alone may throw. `selected` and
/// `finished` may change the health of that slot alone. `advance(now)`, with whatever time the layer uses, returns
/// whether anybody's health may have changed.
template <class Health>
concept health_layer = std::copyable<Health> && requires(Health& health, const Health& fixed,
                                                         std::span<const member> members, slot where, outcome how) {
    health.assign(members);
    { fixed.healthy(where) } noexcept -> std::same_as<bool>;
    { health.selected(where) } noexcept;
    { health.finished(where, how) } noexcept;
};

static_assert(!health_layer<int> && !health_layer<member>);

} // namespace poise

#endif
