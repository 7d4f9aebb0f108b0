// SPDX-License-Identifier: MIT
// Does:    any choice by key, but nobody has more than its share of the open connections, by so many percent: a key whose
//          member is full goes where the keyed selector sends the keys of a member that may not be chosen.
// Cost:    that of the keyed selector, and two multiplications for each member it asks about; opened and closed O(1);
//          select O(members) after one was disabled, enabled or assigned; 49 bytes a member beside the keyed selector's.
// Use:     for hashing where a few keys are very busy.
// Shared:  no, it counts.
// Source:  V. Mirrokni, M. Thorup, M. Zadimoghaddam, "Consistent hashing with bounded loads", SODA 2018; the shares are
//          those of HAProxy's hash-balance-factor: chash_server_is_eligible in src/lb_chash.c.
#ifndef POISE_SELECTORS_BOUNDED_LOAD_HPP
#define POISE_SELECTORS_BOUNDED_LOAD_HPP

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <poise/detail/connection_counts.hpp>
#include <poise/detail/membership.hpp>
#include <poise/detail/remainder.hpp>
#include <poise/selector.hpp>

namespace poise {

/// Bounded loads around `Keyed`. Over `haproxy_ring` HAProxy's choices: the walk along the ring is its overflow rule.
/// Where some requests have no key, over a `keyed_or`; for backups, within `with_backup`.
///
/// With this request there are T = (open + 1) * balance_factor / 100 places, rounded up, for all, and of them exactly T
/// are dealt out by weight among those who are up: to each the places between its predecessors' share and the same with
/// its own, both rounded down; but nobody has none.
template <keyed_selector Keyed>
class bounded_load {
  public:
    struct options {
        std::uint32_t balance_factor = 125; ///< percent of a fair share that a member may have: above 100, below 65536
        friend constexpr bool operator==(const options&, const options&) = default;
    };

    constexpr bounded_load() : bounded_load(options{}) {}
    /// Throws std::invalid_argument on a factor that leaves no room, or is beyond HAProxy's range.
    constexpr explicit bounded_load(options chosen, Keyed keyed = Keyed())
        : options_(chosen),
          keyed_(std::move(keyed)) {
        if (chosen.balance_factor <= 100 || chosen.balance_factor > 65535) {
            detail::invalid("bounded_load", "balance_factor", chosen.balance_factor, "from 101 to 65535");
        }
    }

    /// Takes the whole membership. Who stays keeps its connections. Throws std::invalid_argument on a duplicate id, when
    /// the sum of the weights passes 2^32 - 1, and what the keyed selector throws; nothing has changed then.
    constexpr void assign(std::span<const member> members) {
        detail::membership next(members, members_, "bounded_load");
        std::uint64_t sum = 0;
        for (const member& m : members) sum += m.weight;
        if (sum > 0xffffffffU) detail::invalid("bounded_load", "sum of the weights", sum, "at most 4294967295");
        detail::connection_counts connections(next, members_, connections_);
        std::vector<std::uint64_t> before(next.size(), 0);
        keyed_.assign(members);
        members_ = std::move(next);
        connections_ = std::move(connections);
        before_ = std::move(before);
        deal();
    }

    [[nodiscard]] constexpr std::size_t size() const noexcept { return members_.size(); }
    [[nodiscard]] constexpr std::span<const member> members() const noexcept { return members_.members(); }
    [[nodiscard]] constexpr const Keyed& keyed() const noexcept { return keyed_; }

    /// The keyed selector's reset; the connections stay.
    constexpr void reset() noexcept { keyed_.reset(); }
    /// Others have its places while it is down. O(members).
    constexpr void disable(slot where) noexcept {
        if (members_.disable(where)) deal();
        keyed_.disable(where);
    }
    constexpr void enable(slot where) noexcept {
        if (members_.enable(where)) deal();
        keyed_.enable(where);
    }

    /// What the keyed selector chooses among those who have a place left; among all that may be chosen when none of
    /// them has. Empty when nobody may be chosen.
    template <accept_rule Accept = accept_all>
    [[nodiscard]] constexpr std::optional<slot> select(key_hash key, const Accept& accept = {}) noexcept {
        const places now = places_for_next();
        const auto eligible = std::as_const(members_).eligible(accept);
        const auto has_place = [&](slot where) {
            return eligible(detail::index_of(where)) && connections_.of(where) < limit(now, where);
        };
        const auto chosen = keyed_.select(key, has_place);
        return chosen ? chosen : keyed_.select(key, accept);
    }
    /// Without a key, what a `keyed_or` chooses: nobody is full then, as in HAProxy.
    template <accept_rule Accept = accept_all>
    [[nodiscard]] constexpr std::optional<slot> select(const Accept& accept = {}) noexcept
        requires keyless_selector<Keyed>
    {
        return keyed_.select(accept);
    }
    /// By the key if there is one.
    template <accept_rule Accept = accept_all>
    [[nodiscard]] constexpr std::optional<slot> select(std::optional<key_hash> key, const Accept& accept = {}) noexcept
        requires keyless_selector<Keyed>
    {
        return key ? select(*key, accept) : select(accept);
    }

    /// A connection to the member there has begun. O(1).
    constexpr void opened(slot where) noexcept {
        connections_.opened(where);
        if constexpr (connection_counting_selector<Keyed>) keyed_.opened(where);
    }
    /// It has ended. One too many is ignored: a count is never below 0. O(1).
    constexpr void closed(slot where) noexcept {
        connections_.closed(where);
        if constexpr (connection_counting_selector<Keyed>) keyed_.closed(where);
    }
    /// How many connections to the member there are open; 0 for no member.
    [[nodiscard]] constexpr std::uint64_t connections(slot where) const noexcept { return connections_.of(where); }
    /// How many the member there may have when the next one is counted; at least 1. 0 for no member.
    [[nodiscard]] constexpr std::uint64_t limit(slot where) const noexcept {
        return detail::index_of(where) < size() ? limit(places_for_next(), where) : 0;
    }

    constexpr void failed(slot where) noexcept
        requires failure_aware_selector<Keyed>
    {
        keyed_.failed(where);
    }
    constexpr void failed(slot where, std::uint32_t max_fails) noexcept
        requires requires(Keyed& keyed) { keyed.failed(where, max_fails); }
    {
        keyed_.failed(where, max_fails);
    }
    constexpr void succeeded(slot where) noexcept
        requires requires(Keyed& keyed) { keyed.succeeded(where); }
    {
        keyed_.succeeded(where);
    }
    template <class Now>
    constexpr void advance(const Now& now) noexcept
        requires timed_selector<Keyed, Now>
    {
        keyed_.advance(now);
    }
    [[nodiscard]] constexpr std::uint64_t fingerprint() const noexcept
        requires requires(const Keyed& keyed) { keyed.fingerprint(); }
    {
        return keyed_.fingerprint();
    }

    friend bool operator==(const bounded_load&, const bounded_load&) = default;

  private:
    // T, as a multiple of the sum of the weights and what is left: the shares then need no number above 64 bits.
    struct places {
        std::uint64_t each_weight;
        std::uint64_t rest;
    };

    [[nodiscard]] constexpr places places_for_next() const noexcept {
        const std::uint64_t all = ((connections_.all() + 1) * options_.balance_factor + 99) / 100;
        const std::uint64_t rest = by_sum_.of(all);
        return {.each_weight = by_sum_.quotient(all), .rest = rest};
    }
    [[nodiscard]] constexpr std::uint64_t limit(const places& now, slot where) const noexcept {
        const std::uint64_t weight = members_.weight(detail::index_of(where));
        const std::uint64_t before = before_[detail::index_of(where)];
        const std::uint64_t share = weight * now.each_weight + by_sum_.quotient((before + weight) * now.rest) -
                                    by_sum_.quotient(before * now.rest);
        return std::max<std::uint64_t>(share, 1);
    }
    // In the order of ids, so the same in every order of the members.
    constexpr void deal() noexcept {
        std::uint64_t sum = 0;
        for (std::size_t i = 0; i < size(); ++i) {
            const std::size_t index = detail::index_of(members_.in_id_order(i));
            before_[index] = sum;
            if (!members_.is_down(index)) sum += members_.weight(index);
        }
        by_sum_ = detail::remainder(std::max<std::uint64_t>(sum, 1));
    }

    options options_;
    Keyed keyed_;
    detail::membership members_;
    detail::connection_counts connections_;
    std::vector<std::uint64_t> before_; // the weights of those before it who are up
    detail::remainder by_sum_;          // of the weights of those who are up
};

/// Those of the keyed selector.
template <class Keyed>
inline constexpr auto law_exceptions<bounded_load<Keyed>> = law_exceptions<Keyed>;

} // namespace poise

#endif
