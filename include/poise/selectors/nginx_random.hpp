// SPDX-License-Identifier: MIT
// Does:    nginx's random: draws by weight; with two draws, of two different members the one with fewer open connections
//          for its weight.
// Cost:    select O(log members) a draw, O(members) after 20 draws of members that may not be chosen; opened and closed
//          O(1); 69 bytes a member.
// Use:     when many balancers share the members and none sees all connections.
// Shared:  no, it draws and counts.
// Source:  nginx, src/http/modules/ngx_http_upstream_random_module.c.
#ifndef POISE_SELECTORS_NGINX_RANDOM_HPP
#define POISE_SELECTORS_NGINX_RANDOM_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include <poise/detail/connection_counts.hpp>
#include <poise/detail/draw.hpp>
#include <poise/detail/least.hpp>
#include <poise/detail/membership.hpp>
#include <poise/detail/smooth_weights.hpp>
#include <poise/detail/weight_sums.hpp>
#include <poise/random.hpp>
#include <poise/selector.hpp>

namespace poise {

/// nginx's `random` and, with two draws, its `random two least_conn`: the same choices for the same draws.
template <random_engine Engine>
class basic_nginx_random {
  public:
    struct options {
        std::uint32_t draws = 1;     ///< 1 or 2
        std::uint32_t max_fails = 1; ///< a failure costs weight / max_fails in the round robin; 0 = nothing
        std::uint64_t seed = 0;
        friend constexpr bool operator==(const options&, const options&) = default;
    };

    constexpr basic_nginx_random() : basic_nginx_random(options{}) {}
    /// Throws std::invalid_argument on a number of draws that nginx does not have.
    constexpr explicit basic_nginx_random(options chosen) : options_(chosen), engine_(chosen.seed) {
        if (chosen.draws != 1 && chosen.draws != 2) detail::invalid("nginx_random", "draws", chosen.draws, "1 or 2");
    }

    /// Takes the whole membership. Who stays keeps its connections and its turn in the round robin. Throws
    /// std::invalid_argument on a duplicate id or when members times the largest weight pass 2^60; nothing has changed
    /// then.
    constexpr void assign(std::span<const member> members) {
        detail::membership next(members, members_, "nginx_random");
        detail::smooth_weights weights(next, members_, weights_, "nginx_random");
        detail::connection_counts connections(next, members_, connections_);
        sums_ = detail::weight_sums(next);
        members_ = std::move(next);
        weights_ = std::move(weights);
        connections_ = std::move(connections);
    }

    [[nodiscard]] constexpr std::size_t size() const noexcept { return members_.size(); }
    [[nodiscard]] constexpr std::span<const member> members() const noexcept { return members_.members(); }

    /// Starts the random numbers and the round robin again; the connections stay.
    constexpr void reset() noexcept {
        weights_.reset(members_);
        engine_ = Engine(options_.seed);
    }
    constexpr void disable(slot where) noexcept { members_.disable(where); }
    constexpr void enable(slot where) noexcept { members_.enable(where); }

    /// A member that may be chosen, drawn; of two, the second unless it is busier. After more than 20 draws that were
    /// of no use, whose turn it is in smooth weighted round robin. Empty when nobody may be chosen, and then nothing
    /// has moved.
    template <accept_rule Accept = accept_all>
    [[nodiscard]] constexpr std::optional<slot> select(const Accept& accept = {}) noexcept {
        const auto eligible = members_.eligible(accept);
        const Engine before = engine_;
        std::optional<slot> earlier;
        for (std::uint32_t useless = 0; sums_.all() > 0 && useless <= most_useless;) {
            const slot drawn = sums_.owner(detail::draw(engine_, sums_.all()));
            if (drawn == earlier || !eligible(detail::index_of(drawn))) {
                ++useless;
            } else if (options_.draws == 1) {
                return drawn;
            } else if (earlier) {
                return load_of(drawn) > load_of(*earlier) ? earlier : std::optional(drawn);
            } else {
                earlier = drawn;
                ++useless; // nginx counts the first of two as well
            }
        }
        const auto turn = weights_.turn(eligible);
        if (turn) return detail::slot_at(*turn);
        engine_ = before;
        return std::nullopt;
    }

    /// A connection to the member there has begun. O(1).
    constexpr void opened(slot where) noexcept { connections_.opened(where); }
    /// It has ended. One too many is ignored: a count is never below 0. O(1).
    constexpr void closed(slot where) noexcept { connections_.closed(where); }
    /// How many connections to the member there are open; 0 for no member.
    [[nodiscard]] constexpr std::uint64_t connections(slot where) const noexcept { return connections_.of(where); }

    /// The member there failed: in the round robin it is worth less until it has recovered. O(1).
    constexpr void failed(slot where) noexcept { failed(where, options_.max_fails); }
    /// The same where every member has a `max_fails` of its own, as nginx's servers do.
    constexpr void failed(slot where, std::uint32_t max_fails) noexcept { weights_.failed(members_, where, max_fails); }

    friend constexpr bool operator==(const basic_nginx_random&, const basic_nginx_random&) = default;

  private:
    static constexpr std::uint32_t most_useless = 20;

    [[nodiscard]] constexpr detail::ratio load_of(slot where) const noexcept {
        return {.load = connections_.of(where), .weight = members_.weight(detail::index_of(where))};
    }

    options options_;
    detail::membership members_;
    detail::weight_sums sums_;
    detail::smooth_weights weights_;
    detail::connection_counts connections_;
    Engine engine_;
};

using nginx_random = basic_nginx_random<splitmix64>;

template <class Engine>
inline constexpr std::array law_exceptions<basic_nginx_random<Engine>>{law_exception{
    law::fairness, "of two draws the second is another member: while nobody is busier, the heavy get less",
    "nginx: ngx_http_upstream_get_random2_peer"}};

static_assert(keyless_selector<nginx_random> && connection_counting_selector<nginx_random> &&
              failure_aware_selector<nginx_random> && !shareable_selector<nginx_random>);

} // namespace poise

#endif
