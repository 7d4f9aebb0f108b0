// SPDX-License-Identifier: MIT
// Does:    draws some members at random and takes the one with the fewest open connections for its weight.
// Cost:    select: so many draws, each a selection by key; opened and closed O(1); 41 bytes a member beside the keyed
//          selector's.
// Use:     when many balancers share the members and none sees all connections: chance spreads, two draws avoid the
//          busiest.
// Shared:  no, it draws and counts.
// Source:  HAProxy, `balance random(draws)`: get_server_rnd in src/backend.c; M. Mitzenmacher, "The power of two choices
//          in randomized load balancing", IEEE TPDS 12 (2001).
#ifndef POISE_SELECTORS_RANDOM_DRAWS_HPP
#define POISE_SELECTORS_RANDOM_DRAWS_HPP

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include <poise/detail/best_of_draws.hpp>
#include <poise/detail/connection_counts.hpp>
#include <poise/detail/least.hpp>
#include <poise/detail/membership.hpp>
#include <poise/layouts/haproxy.hpp>
#include <poise/random.hpp>
#include <poise/selector.hpp>

namespace poise {

/// Random draws as HAProxy makes them: each is a random key on `Keyed`, by default HAProxy's ring. With `modulo_hash`
/// the draws follow the weights exactly instead of the ring's arcs.
template <class Keyed, random_engine Engine>
    requires keyed_selector<Keyed> && shareable_selector<Keyed>
class basic_random_draws {
  public:
    struct options {
        std::uint32_t draws = 2; ///< how many members are looked at, the same one perhaps twice; at least 1
        std::uint64_t seed = 0;
        friend constexpr bool operator==(const options&, const options&) = default;
    };

    constexpr basic_random_draws() : basic_random_draws(options{}) {}
    /// Throws std::invalid_argument when there is nothing to draw.
    constexpr explicit basic_random_draws(options chosen) : options_(chosen), engine_(chosen.seed) {
        if (chosen.draws == 0) detail::invalid("random_draws", "draws", 0, "at least 1");
    }

    /// Takes the whole membership. Who stays keeps its connections. Throws std::invalid_argument on a duplicate id, and
    /// what the keyed selector throws; nothing has changed then.
    constexpr void assign(std::span<const member> members) {
        detail::membership next(members, members_, "random_draws");
        detail::connection_counts connections(next, members_, connections_);
        keyed_.assign(members);
        members_ = std::move(next);
        connections_ = std::move(connections);
    }

    [[nodiscard]] constexpr std::size_t size() const noexcept { return members_.size(); }
    [[nodiscard]] constexpr std::span<const member> members() const noexcept { return members_.members(); }

    /// Starts the random numbers again; the connections stay.
    constexpr void reset() noexcept { engine_ = Engine(options_.seed); }
    constexpr void disable(slot where) noexcept { keyed_.disable(where); }
    constexpr void enable(slot where) noexcept { keyed_.enable(where); }

    /// The least loaded of the members drawn, the last of them among equals. Empty when nobody may be chosen.
    template <accept_rule Accept = accept_all>
    [[nodiscard]] constexpr std::optional<slot> select(const Accept& accept = {}) noexcept {
        const auto ratio_of = [this](std::size_t index) {
            return detail::ratio{.load = connections_[index], .weight = members_.weight(index)};
        };
        return detail::choice(detail::best_of_draws(keyed_, engine_, options_.draws, ratio_of, accept));
    }

    /// A connection to the member there has begun. O(1).
    constexpr void opened(slot where) noexcept { connections_.opened(where); }
    /// It has ended. One too many is ignored: a count is never below 0. O(1).
    constexpr void closed(slot where) noexcept { connections_.closed(where); }
    /// How many connections to the member there are open; 0 for no member.
    [[nodiscard]] constexpr std::uint64_t connections(slot where) const noexcept { return connections_.of(where); }

    friend constexpr bool operator==(const basic_random_draws&, const basic_random_draws&) = default;

  private:
    options options_;
    Keyed keyed_;
    detail::membership members_; // who is who; its bars are not used
    detail::connection_counts connections_;
    Engine engine_;
};

using random_draws = basic_random_draws<haproxy_ring, splitmix64>;

/// Those of what it draws from.
template <class Keyed, class Engine>
inline constexpr auto law_exceptions<basic_random_draws<Keyed, Engine>> = law_exceptions<Keyed>;

static_assert(keyless_selector<random_draws> && connection_counting_selector<random_draws> &&
              !shareable_selector<random_draws>);

} // namespace poise

#endif
