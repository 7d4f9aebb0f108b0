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
/// `finished` may change the health of that slot alone. `calm(slot)` is optional: while it is true, neither `selected` nor
/// any `finished` but a failure changes anybody's health, then or later, so a `shared_pool` need not tell of them.
template <class Health>
concept health_layer = std::copyable<Health> && requires(Health& health, const Health& fixed,
                                                         std::span<const member> members, slot where, outcome how) {
    health.assign(members);
    { fixed.healthy(where) } noexcept -> std::same_as<bool>;
    { health.selected(where) } noexcept;
    { health.finished(where, how) } noexcept;
};

/// Goes by the time, of whatever type.
///
/// Law: `advance` tells the time and returns whether anybody's health may have changed.
template <class Health, class Now>
concept timed_health_layer = health_layer<Health> && requires(Health& health, const Now& now) {
    { health.advance(now) } noexcept -> std::same_as<bool>;
};

static_assert(!health_layer<int> && !health_layer<member>);

} // namespace poise

#endif
