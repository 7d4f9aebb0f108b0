// SPDX-License-Identifier: MIT
// Does:    nginx's max_fails and fail_timeout: who has failed that often gets nothing for that long, then one request,
//          and everything again when it does not fail.
// Cost:    O(1) a report; advance O(members); 81 bytes a member.
// Use:     when real requests are to find out who works.
// Shared:  no.
// Source:  nginx, src/http/ngx_http_upstream_round_robin.c.
#ifndef POISE_HEALTH_NGINX_PASSIVE_HPP
#define POISE_HEALTH_NGINX_PASSIVE_HPP

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <poise/detail/membership.hpp>
#include <poise/health/health_layer.hpp>

namespace poise {

/// nginx's passive health checks, decision for decision. Time is in whole seconds, since any moment at all.
///
/// Only a pick after fail_timeout makes a success wipe out what failed before. An only member is never unhealthy, and
/// its failures are forgotten at once. A cancelled request counts as a success, as when a client leaves nginx.
class nginx_passive {
  public:
    using seconds = std::chrono::seconds;

    struct limits {
        std::uint32_t max_fails = 1;        ///< failures that make unhealthy; 0 = never
        seconds fail_timeout = seconds(10); ///< how long; not negative
        friend constexpr bool operator==(const limits&, const limits&) = default;
    };
    struct options {
        limits everyone = {};
        std::vector<std::pair<std::uint64_t, limits>> each = {}; ///< by id: those whose limits are others
        friend bool operator==(const options&, const options&) = default;
    };

    nginx_passive() = default;
    /// Throws std::invalid_argument on a negative fail_timeout and on an id that is there twice.
    constexpr explicit nginx_passive(options chosen) : everyone_(chosen.everyone), each_(std::move(chosen.each)) {
        check(everyone_);
        for (const auto& [id, own] : each_) check(own);
        std::ranges::sort(each_, {}, &std::pair<std::uint64_t, limits>::first);
        const auto twin = std::ranges::adjacent_find(each_, {}, &std::pair<std::uint64_t, limits>::first);
        if (twin != each_.end())
            detail::invalid("nginx_passive", "duplicate member id", twin->first, "ids that differ");
    }

    /// Takes the whole membership. Who stays keeps its failures and its times. Throws std::invalid_argument on a
    /// duplicate id; nothing has changed then.
    constexpr void assign(std::span<const member> members) {
        detail::membership next(members, members_, "nginx_passive");
        std::vector<state> states;
        for (const member& m : members) {
            const auto was = members_.find(m.id);
            states.push_back(was ? states_[detail::index_of(*was)] : state{.is = limits_of(m.id)});
        }
        members_ = std::move(next);
        states_ = std::move(states);
    }

    /// Whether the member there may be chosen at the time last told.
    [[nodiscard]] constexpr bool healthy(slot where) const noexcept {
        if (detail::index_of(where) >= states_.size() || is_single()) return true;
        const state& s = states_[detail::index_of(where)];
        return s.is.max_fails == 0 || s.fails < s.is.max_fails || window_is_over(s);
    }
    /// Whether neither a choice of the member there nor a success would change anything: it has not failed lately.
    [[nodiscard]] constexpr bool calm(slot where) const noexcept {
        return detail::index_of(where) >= states_.size() || states_[detail::index_of(where)].fails == 0;
    }
    /// It was chosen: when its window is over, a new one begins, so a member that failed gets one request a window.
    constexpr void selected(slot where) noexcept {
        if (detail::index_of(where) >= states_.size() || is_single()) return;
        state& s = states_[detail::index_of(where)];
        if (!window_is_over(s)) return;
        s.checked = now_;
        s.was_checked = true;
    }
    constexpr void finished(slot where, outcome how) noexcept {
        if (detail::index_of(where) >= states_.size()) return;
        state& s = states_[detail::index_of(where)];
        if (how == outcome::failure && !is_single()) {
            ++s.fails;
            s.failed = s.checked = now_;
            s.has_failed = s.was_checked = true;
        } else if (is_single() || (s.was_checked && (!s.has_failed || s.failed < s.checked))) {
            s.fails = 0;
        }
    }
    /// Tells the time, which may stand still and does not go back. True when anybody is past max_fails, and so may have
    /// become healthy. O(members).
    constexpr bool advance(seconds now) noexcept {
        now_ = std::max(now_, now);
        return std::ranges::any_of(states_,
                                   [](const state& s) { return s.is.max_fails != 0 && s.fails >= s.is.max_fails; });
    }

    /// The limit of the member there: what a failure of it costs in smooth weighted round robin depends on it.
    [[nodiscard]] constexpr std::uint32_t max_fails(slot where) const noexcept {
        return detail::index_of(where) < states_.size() ? states_[detail::index_of(where)].is.max_fails
                                                        : everyone_.max_fails;
    }
    /// How often the member there has failed since it was last well; 0 for no member.
    [[nodiscard]] constexpr std::uint64_t fails(slot where) const noexcept {
        return detail::index_of(where) < states_.size() ? states_[detail::index_of(where)].fails : 0;
    }

    friend bool operator==(const nginx_passive&, const nginx_passive&) = default;

  private:
    struct state {
        limits is;
        std::uint64_t fails = 0;
        seconds checked = {}; // when its window began
        seconds failed = {};  // nginx: accessed
        bool was_checked = false;
        bool has_failed = false;
        friend constexpr bool operator==(const state&, const state&) = default;
    };

    static constexpr void check(const limits& given) {
        if (given.fail_timeout >= seconds::zero()) return;
        const auto magnitude = ~static_cast<std::uint64_t>(given.fail_timeout.count()) + 1;
        detail::invalid("nginx_passive", "fail_timeout of minus", magnitude, "at least 0 seconds");
    }
    [[nodiscard]] constexpr limits limits_of(std::uint64_t id) const noexcept {
        const auto found = std::ranges::lower_bound(each_, id, {}, &std::pair<std::uint64_t, limits>::first);
        return found != each_.end() && found->first == id ? found->second : everyone_;
    }
    [[nodiscard]] constexpr bool is_single() const noexcept { return states_.size() == 1; }
    [[nodiscard]] constexpr bool window_is_over(const state& s) const noexcept {
        return !s.was_checked || now_ - s.checked > s.is.fail_timeout;
    }

    limits everyone_;
    std::vector<std::pair<std::uint64_t, limits>> each_; // by ascending id
    detail::membership members_;                         // who is who; its bars are not used
    std::vector<state> states_;
    seconds now_ = {};
};

static_assert(health_layer<nginx_passive>);

} // namespace poise

#endif
