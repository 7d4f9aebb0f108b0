// SPDX-License-Identifier: MIT
// Who goes by a time that a pool is told.
#ifndef POISE_DETAIL_CLOCK_HPP
#define POISE_DETAIL_CLOCK_HPP

#include <poise/health/health_layer.hpp>
#include <poise/selector.hpp>

namespace poise::detail {

/// A time for whoever has a clock, of whatever type.
struct any_time {
    template <class Now>
    operator Now() const noexcept;
};
/// A time for whoever takes all there is, so has no clock.
struct no_time {};

/// The selector or the health layer goes by a time of this type. A health layer that ignores it, whatever it is, is not
/// enough when the selector has a clock: that would stand still unnoticed.
template <class Selector, class Health, class Now>
concept goes_by =
    timed_selector<Selector, Now> ||
    (timed_health_layer<Health, Now> && !(timed_selector<Selector, any_time> && timed_health_layer<Health, no_time>));

} // namespace poise::detail

#endif
