// SPDX-License-Identifier: MIT
// Does:    calls everybody healthy: the default of `pool`.
// Cost:    nothing.
// Use:     when health is known elsewhere, or is not asked for.
// Shared:  yes, it has no state.
// Source:  none.
#ifndef POISE_HEALTH_ALWAYS_HEALTHY_HPP
#define POISE_HEALTH_ALWAYS_HEALTHY_HPP

#include <span>

#include <poise/health/health_layer.hpp>

namespace poise {

/// Everybody is healthy, whatever happens.
struct always_healthy {
    constexpr void assign(std::span<const member>) noexcept {}
    [[nodiscard]] constexpr bool healthy(slot) const noexcept { return true; }
    constexpr void selected(slot) noexcept {}
    constexpr void finished(slot, outcome) noexcept {}
    template <class Now>
    constexpr bool advance(const Now&) noexcept {
        return false;
    }
};

static_assert(health_layer<always_healthy>);

} // namespace poise

#endif
