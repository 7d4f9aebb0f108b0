// SPDX-License-Identifier: MIT
// What a shared_pool keeps for each kind of selector, and where.
#ifndef POISE_DETAIL_SELECTOR_KINDS_HPP
#define POISE_DETAIL_SELECTOR_KINDS_HPP

#include <span>

#include <poise/member.hpp>
#include <poise/selector.hpp>
#include <poise/shared/locked.hpp>

namespace poise::detail {

/// Of a kind of selector that has none.
struct nothing {
    void assign(std::span<const member>) noexcept {}
};

/// What each thread keeps for a selector.
template <class Selector>
struct worker_for {
    using type = nothing;
};
template <worker_selector Selector>
struct worker_for<Selector> {
    using type = typename Selector::worker;
};

/// The selector of a pool that may be asked at any time: published with the membership; and the one under the lock.
template <class Selector>
struct kept_selector {
    static constexpr bool is_locked = false;
    using shown = Selector;
    using reported = nothing;
    static shown show(const Selector& selector) { return selector; }
    static reported report_to(const Selector&) { return {}; }
};
template <class Selector>
struct kept_selector<locked<Selector>> {
    static constexpr bool is_locked = true;
    using shown = nothing;
    using reported = Selector;
    static shown show(const locked<Selector>&) { return {}; }
    static reported report_to(const locked<Selector>& selector) { return selector.copy(); }
};

} // namespace poise::detail

#endif
