// SPDX-License-Identifier: MIT
// Does:    the member with the fewest open connections for its weight; it counts them itself.
// Cost:    select O(1), with ties::smooth O(tied), with ties::random O(log members); opened and closed O(log members).
//          An accept that is a predicate costs O(members). 97 to 113 bytes a member, 81 with ties::fifo.
// Use:     when requests last unequally long: who is slow gets less. One who fails at once looks idle: take it out.
// Shared:  no, it counts, and select settles ties.
// Source:  nginx, src/http/modules/ngx_http_upstream_least_conn_module.c; HAProxy, src/lb_fwlc.c.
#ifndef POISE_SELECTORS_LEAST_CONNECTIONS_HPP
#define POISE_SELECTORS_LEAST_CONNECTIONS_HPP

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include <poise/detail/connection_counts.hpp>
#include <poise/detail/least.hpp>
#include <poise/detail/least_tree.hpp>
#include <poise/detail/membership.hpp>
#include <poise/detail/standings.hpp>
#include <poise/selector.hpp>

namespace poise {

/// Weighted least connections: nginx's choices with ties::smooth, HAProxy's leastconn up to 3.1 with ties::fifo.
/// `Engine` serves ties::random.
template <random_engine Engine>
class basic_least_connections {
  public:
    struct options {
        poise::ties ties = poise::ties::smooth;
        std::uint32_t max_fails = 1; ///< ties::smooth: a failure costs weight / max_fails; 0 = failures cost nothing
        std::uint64_t seed = 0;      ///< ties::random
        friend constexpr bool operator==(const options&, const options&) = default;
    };

    constexpr basic_least_connections() : basic_least_connections(options{}) {}
    /// Throws std::invalid_argument on a rule for ties that is none.
    constexpr explicit basic_least_connections(options chosen) : options_(chosen), ties_(chosen.seed) {
        if (chosen.ties > ties::fifo) {
            detail::invalid("least_connections", "ties", static_cast<std::uint64_t>(chosen.ties),
                            "smooth, first, random or fifo");
        }
    }

    /// Takes the whole membership. Who stays keeps its connections and its turn among equals; who joins has none.
    /// Throws std::invalid_argument on a duplicate id or when members times the largest weight pass 2^60; nothing has
    /// changed then.
    constexpr void assign(std::span<const member> members) {
        detail::membership next(members, members_, "least_connections");
        detail::connection_counts connections(next, members_, connections_);
        detail::standings standings;
        detail::least_tree least;
        if (options_.ties == ties::fifo) {
            standings = detail::standings(next, connections, members_, standings_);
        } else {
            least = detail::least_tree(next, load_of{&connections});
        }
        ties_.assign(next, members_, "least_connections");
        members_ = std::move(next);
        connections_ = std::move(connections);
        standings_ = std::move(standings);
        least_ = std::move(least);
    }

    [[nodiscard]] constexpr std::size_t size() const noexcept { return members_.size(); }
    [[nodiscard]] constexpr std::span<const member> members() const noexcept { return members_.members(); }

    /// Forgets whose turn it is among equals, and failures; not the connections.
    constexpr void reset() noexcept {
        ties_.reset(members_);
        standings_.reset();
    }
    constexpr void disable(slot where) noexcept {
        if (members_.disable(where)) moved(where);
    }
    constexpr void enable(slot where) noexcept {
        if (members_.enable(where)) moved(where);
    }

    /// The member for which connections / weight is least; the ties rule decides among equals. Empty when nobody may
    /// be chosen, and then nothing has moved. It does not count: that is `opened`.
    template <accept_rule Accept = accept_all>
    [[nodiscard]] constexpr std::optional<slot> select(const Accept& accept = {}) noexcept {
        if constexpr (std::same_as<Accept, accept_all>) {
            return detail::choice(first_of_order());
        } else if constexpr (listing_accept<Accept>) {
            for (const std::uint64_t id : accept.ids()) put(members_.find(id), false);
            const std::size_t chosen = first_of_order();
            for (const std::uint64_t id : accept.ids()) put(members_.find(id), true);
            return detail::choice(chosen);
        } else {
            return first_of_eligible(members_.eligible(accept));
        }
    }

    /// A connection to the member there has begun, or waits to begin. O(log members).
    constexpr void opened(slot where) noexcept {
        connections_.opened(where);
        moved(where);
    }
    /// It has ended. One too many is ignored: a count is never below 0. O(log members).
    constexpr void closed(slot where) noexcept {
        connections_.closed(where);
        moved(where);
    }
    /// How many connections to the member there are open; 0 for no member.
    [[nodiscard]] constexpr std::uint64_t connections(slot where) const noexcept { return connections_.of(where); }

    /// The member there failed: it is worth less in smooth round robin among equals until it has recovered. O(1).
    constexpr void failed(slot where) noexcept { failed(where, options_.max_fails); }
    /// The same where every member has a `max_fails` of its own, as nginx's servers do.
    constexpr void failed(slot where, std::uint32_t max_fails) noexcept {
        ties_.weights().failed(members_, where, max_fails);
    }

    friend bool operator==(const basic_least_connections&, const basic_least_connections&) = default;

  private:
    struct load_of {
        const detail::connection_counts* connections;
        constexpr std::uint64_t operator()(slot where) const noexcept {
            return (*connections)[detail::index_of(where)];
        }
    };
    [[nodiscard]] constexpr load_of load() const noexcept { return {&connections_}; }

    constexpr void moved(slot where) noexcept {
        const std::size_t i = detail::index_of(where);
        if (i >= size()) return;
        options_.ties == ties::fifo ? stands_anew(i) : least_.put(i, members_.is_open(i), members_, load());
    }
    [[gnu::noinline]] constexpr void stands_anew(std::size_t i) noexcept {
        standings_.moved(detail::slot_at(i), connections_[i], members_.weight(i));
        standings_.put(i, members_.is_open(i));
    }
    // Whether it may be chosen now, if it may at all.
    constexpr void put(std::optional<slot> where, bool accepted) noexcept {
        if (!where) return;
        const std::size_t i = detail::index_of(*where);
        const bool takes_part = accepted && members_.is_open(i);
        options_.ties == ties::fifo ? standings_.put(i, takes_part) : least_.put(i, takes_part, members_, load());
    }

    // Of those who take part.
    [[nodiscard]] constexpr std::size_t first_of_order() noexcept {
        if (options_.ties == ties::fifo) return standings_.first();
        if (least_.count() == 0) return detail::nobody;
        if (least_.count() == 1 || options_.ties == ties::first) return least_.first();
        return ties_.choose(options_.ties, least_, members_, load());
    }
    template <class Eligible>
    [[nodiscard]] constexpr std::optional<slot> first_of_eligible(const Eligible& eligible) noexcept {
        if (options_.ties == ties::fifo) return standings_.first(eligible);
        const auto found = detail::find_least(members_, eligible, load());
        if (!found) return std::nullopt;
        return detail::slot_at(ties_.choose(options_.ties, *found, members_, eligible, load()));
    }

    options options_;
    detail::membership members_;
    detail::connection_counts connections_;
    detail::standings standings_; // for ties::fifo alone
    detail::least_tree least_;    // for all others
    detail::tie_breaker<Engine> ties_;
};

using least_connections = basic_least_connections<splitmix64>;

static_assert(keyless_selector<least_connections> && connection_counting_selector<least_connections> &&
              failure_aware_selector<least_connections> && !shareable_selector<least_connections>);

} // namespace poise

#endif
