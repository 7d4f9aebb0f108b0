// SPDX-License-Identifier: MIT
// Does:    the member at table[hash mod size], each in the table as often as its weight says: HAProxy's map-based hash.
// Cost:    select O(1), past members whom an accept rejects O(members log positions); disable and enable O(positions); 37
//          bytes a member and 12 a unit of weight.
// Use:     for the most even shares by key, when members seldom change: a changed membership moves most keys.
// Shared:  yes.
// Source:  HAProxy, src/lb_map.c.
#ifndef POISE_SELECTORS_MODULO_HASH_HPP
#define POISE_SELECTORS_MODULO_HASH_HPP

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include <poise/detail/circle.hpp>
#include <poise/detail/detours.hpp>
#include <poise/detail/fingerprint.hpp>
#include <poise/detail/haproxy_map.hpp>
#include <poise/detail/membership.hpp>
#include <poise/detail/remainder.hpp>
#include <poise/selector.hpp>

namespace poise {

/// HAProxy's `hash-type map-based`, choice for choice when ids ascend in the order of its configuration; the table
/// goes by ids, so it is the same in every order of the members.
///
/// A key whose member is rejected or disabled goes to the next position of the table, all others stay. HAProxy makes
/// a new table without a server that is down: weight 0 does that here.
class modulo_hash {
  public:
    struct options {
        /// What weights are divided by; 0 = their greatest common divisor. HAProxy's is that of all servers, also of
        /// those that are down: where they have weight 0 here, its choices need that divisor.
        std::uint32_t divisor = 0;
        friend constexpr bool operator==(const options&, const options&) = default;
    };

    modulo_hash() = default;
    constexpr explicit modulo_hash(options chosen) noexcept : options_(chosen) {}

    /// The largest table: the sum of the weights, divided by their greatest common divisor.
    static constexpr std::uint64_t max_positions = std::uint64_t{1} << 24U;

    /// Takes the whole membership. O(positions log members). Throws std::invalid_argument on a duplicate id, a weight that the divisor does not divide, or when the
    /// table would pass `max_positions`; nothing has changed then.
    constexpr void assign(std::span<const member> members) {
        detail::membership next(members, members_, "modulo_hash");
        detail::circle table(detail::haproxy_map(next, options_.divisor, max_positions, "modulo_hash"), next.size());
        detail::detours detours(table, next);
        members_ = std::move(next);
        table_ = std::move(table);
        detours_ = std::move(detours);
        remainder_ = detail::remainder(std::max<std::size_t>(table_.size(), 1));
    }

    [[nodiscard]] constexpr std::size_t size() const noexcept { return members_.size(); }
    [[nodiscard]] constexpr std::span<const member> members() const noexcept { return members_.members(); }

    constexpr void reset() noexcept {}
    /// O(positions), so that choices need not look who is down.
    constexpr void disable(slot where) noexcept {
        if (members_.disable(where)) detours_.follow(table_, members_);
    }
    /// O(positions).
    constexpr void enable(slot where) noexcept {
        if (members_.enable(where)) detours_.follow(table_, members_);
    }

    /// The member at position key mod positions(), or at the next one that may be chosen.
    template <accept_rule Accept = accept_all>
    [[nodiscard]] constexpr std::optional<slot> select(key_hash key, const Accept& accept = {}) const noexcept {
        if (positions() == 0) return std::nullopt;
        const auto position = static_cast<std::size_t>(remainder_.of(static_cast<std::uint64_t>(key)));
        if constexpr (std::same_as<Accept, accept_all>) {
            return detail::choice(detours_[position]);
        } else {
            return at(position, accept);
        }
    }

    /// How many positions the table has.
    [[nodiscard]] constexpr std::size_t positions() const noexcept { return table_.size(); }
    /// The first position from `position` on, around the table, whose member may be chosen.
    template <accept_rule Accept = accept_all>
    [[nodiscard]] constexpr std::optional<std::size_t> next(std::size_t position,
                                                            const Accept& accept = {}) const noexcept {
        const std::size_t found = table_.find(position, members_.eligible(accept));
        return found == positions() ? std::nullopt : std::optional(found);
    }
    /// The member at that position.
    template <accept_rule Accept = accept_all>
    [[nodiscard]] constexpr std::optional<slot> at(std::size_t position, const Accept& accept = {}) const noexcept {
        const std::size_t found = table_.find(position, members_.eligible(accept));
        return found == positions() ? std::nullopt : std::optional(table_[found]);
    }

    /// A digest of the mapping, whoever is down; equal on every machine. O(positions).
    [[nodiscard]] constexpr std::uint64_t fingerprint() const noexcept {
        detail::fingerprint digest;
        for (std::size_t i = 0; i < positions(); ++i) digest.add(members()[detail::index_of(table_[i])].id);
        return digest.value();
    }

    friend constexpr bool operator==(const modulo_hash&, const modulo_hash&) = default;

  private:
    options options_;
    detail::membership members_;
    detail::circle table_;
    detail::detours detours_;
    detail::remainder remainder_;
};

static_assert(keyed_selector<modulo_hash> && shareable_selector<modulo_hash>);

} // namespace poise

#endif
