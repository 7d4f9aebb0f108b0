// SPDX-License-Identifier: MIT
// What a selector and a health layer are told of a choice: the same for every pool.
#ifndef POISE_DETAIL_REPORTS_HPP
#define POISE_DETAIL_REPORTS_HPP

#include <poise/health/health_layer.hpp>
#include <poise/selector.hpp>

namespace poise::detail {

/// A choice of the member there has ended so. Each is told what it wants to hear.
template <class Selector, class Health>
void report(Selector& selector, Health& health, slot where, outcome how) noexcept {
    if constexpr (connection_counting_selector<Selector>) selector.closed(where);
    if constexpr (failure_aware_selector<Selector>) {
        if (how == outcome::failure) {
            // In nginx what a failure costs depends on the member's own limit, which the health layer knows.
            if constexpr (requires { selector.failed(where, health.max_fails(where)); }) {
                selector.failed(where, health.max_fails(where));
            } else {
                selector.failed(where);
            }
        }
    }
    if constexpr (requires { selector.succeeded(where); }) {
        if (how == outcome::success) selector.succeeded(where);
    }
    health.finished(where, how);
}

/// Who is not healthy is disabled.
template <class Selector, class Health>
void apply_health(Selector& selector, const Health& health, slot where) noexcept {
    if (health.healthy(where)) {
        selector.enable(where);
    } else {
        selector.disable(where);
    }
}

} // namespace poise::detail

#endif
