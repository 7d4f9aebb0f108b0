// SPDX-License-Identifier: MIT
// Does:    LVS's lblc and lblcr: a key goes to the member that it went to before, until that has more connections than
//          its weight while another has less than half as many; then, and for a new key, to the least loaded.
// Cost:    select O(1) while the member is not overloaded (lblcr: O(the key's set)), else O(members); advance O(what it
//          forgets); assign O(members log members + what is cached). 41 bytes a member, 52 to 56 a cached pair.
// Use:     in front of caches: a site stays where its pages are, and a busy one moves, or with lblcr spreads.
// Shared:  no, it counts and remembers.
// Source:  Linux IPVS, net/netfilter/ipvs/ip_vs_lblc.c, ip_vs_lblcr.c; by model.
#ifndef POISE_SELECTORS_LVS_LOCALITY_HPP
#define POISE_SELECTORS_LVS_LOCALITY_HPP

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <poise/detail/connection_counts.hpp>
#include <poise/detail/least.hpp>
#include <poise/detail/lru_sets.hpp>
#include <poise/detail/membership.hpp>
#include <poise/selector.hpp>

namespace poise {

/// How many members a key may have.
enum class lvs_replication {
    none, ///< lblc: one, which another takes the place of
    sets, ///< lblcr: each that it was given for the overload of the others; the busiest leaves when none has come for long
};

/// LVS's locality-based least connections, choice for choice, where the key is the hash of the destination's address.
///
/// Time is in whole seconds, since any moment at all, and 0 until it is told. In four things it is not as IPVS: the cache
/// never holds more than `capacity` (IPVS's does until a timer, each minute, drops what has not been used for 6); what
/// expires is gone when the time is told (there, within half an hour); who leaves is forgotten (there, it may be back
/// where it was when it is back in time); and a member that may not be chosen never is (lblc does choose a cached one
/// that is at its upper threshold).
class lvs_locality {
  public:
    using seconds = std::chrono::seconds;

    struct options {
        lvs_replication replicate = lvs_replication::none;
        std::uint32_t capacity = 16384;              ///< pairs of a key and a member in the cache; 1 to 2^24
        seconds expiration = std::chrono::hours(24); ///< of a key that is not used, and of a set that does not change
        friend constexpr bool operator==(const options&, const options&) = default;
    };

    constexpr lvs_locality() = default;
    /// Throws std::invalid_argument on a replication that is none, on no capacity or one above 2^24, and on a negative
    /// expiration.
    constexpr explicit lvs_locality(options chosen) : options_(chosen) {
        if (chosen.replicate > lvs_replication::sets) {
            detail::invalid("lvs_locality", "replicate", static_cast<std::uint64_t>(chosen.replicate), "none or sets");
        }
        if (chosen.capacity == 0 || chosen.capacity > max_capacity) {
            detail::invalid("lvs_locality", "capacity", chosen.capacity, "from 1 to 16777216");
        }
        if (chosen.expiration < seconds::zero()) {
            const auto magnitude = ~static_cast<std::uint64_t>(chosen.expiration.count()) + 1;
            detail::invalid("lvs_locality", "expiration of minus", magnitude, "at least 0 seconds");
        }
    }

    /// Takes the whole membership. Who stays keeps its connections and its keys. The first that has members allocates
    /// the cache. Throws std::invalid_argument on a duplicate id; nothing has changed then.
    constexpr void assign(std::span<const member> members) {
        detail::membership next(members, members_, "lvs_locality");
        detail::connection_counts connections(next, members_, connections_);
        std::vector<std::optional<slot>> now_at;
        now_at.reserve(size());
        for (const member& m : members_.members()) now_at.push_back(next.find(m.id));
        if (!cache_.has_room() && !members.empty()) cache_ = detail::lru_sets(options_.capacity);
        cache_.renumber(now_at);
        members_ = std::move(next);
        connections_ = std::move(connections);
    }

    [[nodiscard]] constexpr std::size_t size() const noexcept { return members_.size(); }
    [[nodiscard]] constexpr std::span<const member> members() const noexcept { return members_.members(); }

    /// Forgets all keys, and the time; not the connections. O(capacity).
    constexpr void reset() noexcept {
        cache_.clear();
        now_ = {};
    }
    constexpr void disable(slot where) noexcept { members_.disable(where); }
    constexpr void enable(slot where) noexcept { members_.enable(where); }

    /// Tells the time, which may stand still and does not go back: keys are forgotten that have not been used for the
    /// expiration. O(what is forgotten).
    constexpr void advance(seconds now) noexcept {
        now_ = std::max(now_, now);
        cache_.expire(now_, options_.expiration);
    }

    /// The least loaded of the key's members that may be chosen, unless it is overloaded; else the least loaded of all
    /// that may be chosen, who is one of them from now on. Empty when nobody may be chosen.
    template <accept_rule Accept = accept_all>
    [[nodiscard]] constexpr std::optional<slot> select(key_hash key, const Accept& accept = {}) noexcept {
        const auto eligible = members_.eligible(accept);
        const auto cached = cache_.find(key);
        if (!cached) {
            const auto chosen = least_loaded(eligible);
            if (chosen) cache_.insert(key, *chosen, now_);
            return chosen;
        }
        cache_.use(*cached, now_);
        const auto known = least_loaded_of(*cached, eligible);
        if (!cache_.is_single(*cached) && now_ - cache_.changed(*cached) > options_.expiration) drop_busiest(*cached);
        if (known && !is_overloaded(*known)) return known; // as in IPVS also when it has just been dropped
        const auto chosen = least_loaded(eligible);
        if (!chosen) return std::nullopt;
        if (options_.replicate == lvs_replication::sets) {
            cache_.add(*cached, *chosen, now_);
        } else {
            cache_.replace(*cached, *chosen);
        }
        return chosen;
    }
    /// Without a key, the least loaded of all that may be chosen; nothing is remembered.
    template <accept_rule Accept = accept_all>
    [[nodiscard]] constexpr std::optional<slot> select(const Accept& accept = {}) noexcept {
        return least_loaded(members_.eligible(accept));
    }

    /// A connection to the member there has begun. O(1).
    constexpr void opened(slot where) noexcept { connections_.opened(where); }
    /// It has ended. One too many is ignored: a count is never below 0. O(1).
    constexpr void closed(slot where) noexcept { connections_.closed(where); }
    /// How many connections to the member there are open; 0 for no member.
    [[nodiscard]] constexpr std::uint64_t connections(slot where) const noexcept { return connections_.of(where); }

    friend bool operator==(const lvs_locality&, const lvs_locality&) = default;

  private:
    static constexpr std::uint32_t max_capacity = std::uint32_t{1} << 24U;

    [[nodiscard]] constexpr detail::ratio load(slot where) const noexcept {
        return {.load = connections_.of(where), .weight = members_.weight(detail::index_of(where))};
    }
    // The first of those with the fewest connections for their weight.
    template <class Eligible>
    [[nodiscard]] constexpr std::optional<slot> least_loaded(const Eligible& eligible) const noexcept {
        const auto found =
            detail::find_least(members_, eligible, [this](slot where) { return connections_.of(where); });
        return found ? std::optional(detail::slot_at(found->first)) : std::nullopt;
    }
    template <class Eligible>
    [[nodiscard]] constexpr std::optional<slot> least_loaded_of(detail::lru_sets::entry cached,
                                                                const Eligible& eligible) const noexcept {
        std::optional<slot> least;
        cache_.for_each(cached, [&](slot where) {
            if (eligible(detail::index_of(where)) && (!least || load(where) < load(*least))) least = where;
        });
        return least;
    }
    // Of all in the set that have a weight, whoever may be chosen.
    constexpr void drop_busiest(detail::lru_sets::entry cached) noexcept {
        std::optional<slot> busiest;
        cache_.for_each(cached, [&](slot where) {
            if (load(where).weight > 0 && (!busiest || load(where) > load(*busiest))) busiest = where;
        });
        if (busiest) cache_.remove(cached, *busiest, now_);
    }
    // It has more connections than its weight, and somebody, whoever may be chosen, less than half as many.
    [[nodiscard]] constexpr bool is_overloaded(slot where) const noexcept {
        if (connections_.of(where) <= members_.weight(detail::index_of(where))) return false;
        for (std::size_t i = 0; i < size(); ++i) {
            const std::uint64_t half = (std::uint64_t{members_.weight(i)} + 1) / 2; // rounded up: 2 * active < weight
            if (connections_.of(detail::slot_at(i)) < half) return true;
        }
        return false;
    }

    options options_;
    detail::membership members_;
    detail::connection_counts connections_;
    detail::lru_sets cache_;
    seconds now_ = {};
};

template <>
inline constexpr std::array law_exceptions<lvs_locality>{
    law_exception{law::fairness, "a key stays with its member until that is overloaded, whatever its share",
                  "IPVS: ip_vs_lblc_schedule, ip_vs_lblcr_schedule"},
    law_exception{law::fidelity, "the cache keeps to its capacity and forgets at once who leaves and what expires",
                  "IPVS: ip_vs_lblc_check_expire, ip_vs_trash_get_dest"}};

static_assert(keyed_selector<lvs_locality> && keyless_selector<lvs_locality> &&
              connection_counting_selector<lvs_locality> && !shareable_selector<lvs_locality>);

} // namespace poise

#endif
