// SPDX-License-Identifier: MIT
// Does:    nginx's hash consistent: the member whose point on the ring is next; who may not be chosen is passed over
//          point by point, 20 times, then it is whose turn it is in smooth weighted round robin.
// Cost:    select O(1) for points that are spread evenly, O(members) after 20 points; 57 bytes a member and 8.5 a point.
// Use:     when nginx's choices are wanted to the last retry; ketama_ring has the same ring, may be shared, and goes on
//          along it.
// Shared:  no, the round robin moves.
// Source:  nginx, src/http/modules/ngx_http_upstream_hash_module.c.
#ifndef POISE_SELECTORS_NGINX_CONSISTENT_HASH_HPP
#define POISE_SELECTORS_NGINX_CONSISTENT_HASH_HPP

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <poise/detail/fingerprint.hpp>
#include <poise/detail/hash_points.hpp>
#include <poise/detail/membership.hpp>
#include <poise/detail/ring_points.hpp>
#include <poise/detail/smooth_weights.hpp>
#include <poise/layouts/ketama.hpp>
#include <poise/selector.hpp>

namespace poise {

/// nginx's `hash ... consistent`, choice for choice when ids are made by `ketama_id` with the place in the
/// configuration; the key is the CRC-32 of the request's, `hashed(key, hashes::crc32{})`, and an empty one is none.
///
/// Members whose ids have the same lower half, the addresses of one name, share their points, and smooth weighted round
/// robin decides among them.
class nginx_consistent_hash {
  public:
    struct options {
        std::uint32_t max_fails = 1; ///< a failure costs weight / max_fails in the round robin; 0 = nothing
        friend constexpr bool operator==(const options&, const options&) = default;
    };

    nginx_consistent_hash() = default;
    constexpr explicit nginx_consistent_hash(options chosen) noexcept : options_(chosen) {}

    /// Takes the whole membership. Who stays keeps its turn in the round robin. O(points). Throws
    /// std::invalid_argument on a duplicate id, when members times the largest weight pass 2^60, or on more points than
    /// a ring may have; nothing has changed then.
    constexpr void assign(std::span<const member> members) {
        detail::membership next(members, members_, "nginx_consistent_hash");
        detail::smooth_weights weights(next, members_, weights_, "nginx_consistent_hash");
        ring points(next);
        members_ = std::move(next);
        weights_ = std::move(weights);
        ring_ = std::move(points);
    }

    [[nodiscard]] constexpr std::size_t size() const noexcept { return members_.size(); }
    [[nodiscard]] constexpr std::span<const member> members() const noexcept { return members_.members(); }

    constexpr void reset() noexcept { weights_.reset(members_); }
    constexpr void disable(slot where) noexcept { members_.disable(where); }
    constexpr void enable(slot where) noexcept { members_.enable(where); }

    /// The member whose point is first at or after the key, or at one of the 20 points behind it, or whose turn it is.
    template <accept_rule Accept = accept_all>
    [[nodiscard]] constexpr std::optional<slot> select(key_hash key, const Accept& accept = {}) noexcept {
        if (ring_.points.size() == 0) return std::nullopt;
        const auto eligible = members_.eligible(accept);
        std::size_t position = ring_.points.lower_bound(static_cast<std::uint32_t>(key));
        for (std::uint32_t rejected = 0; rejected <= most_rejected; ++rejected, ++position) {
            if (position == ring_.points.size()) position = 0;
            const auto chosen = weights_.turn_among(ring_.sharers(position), eligible);
            if (chosen) return detail::slot_at(*chosen);
        }
        return turn(eligible);
    }
    /// Whose turn it is in smooth weighted round robin: nginx's choice for a request with an empty key.
    template <accept_rule Accept = accept_all>
    [[nodiscard]] constexpr std::optional<slot> select(const Accept& accept = {}) noexcept {
        return turn(members_.eligible(accept));
    }

    /// The member there failed: it is worth less in the round robin until it has recovered. O(1).
    constexpr void failed(slot where) noexcept { failed(where, options_.max_fails); }
    /// The same where every member has a `max_fails` of its own, as nginx's servers do.
    constexpr void failed(slot where, std::uint32_t max_fails) noexcept { weights_.failed(members_, where, max_fails); }

    /// A digest of the mapping, whoever is down; equal on every machine. O(points).
    [[nodiscard]] constexpr std::uint64_t fingerprint() const noexcept {
        detail::fingerprint digest;
        for (std::size_t i = 0; i < ring_.points.size(); ++i) {
            digest.add(ring_.points.hash(i));
            for (const slot s : ring_.sharers(i)) digest.add(members()[detail::index_of(s)].id);
        }
        return digest.value();
    }

    friend constexpr bool operator==(const nginx_consistent_hash&, const nginx_consistent_hash&) = default;

  private:
    static constexpr std::uint32_t most_rejected = 20;

    // Points of different hashes, ascending, and who shares each.
    struct ring {
        detail::hash_points points;      // each a group's
        std::vector<std::uint32_t> ends; // of each group, in `slots`
        std::vector<slot> slots;

        ring() = default;
        constexpr explicit ring(const detail::membership& members) {
            std::vector<std::uint32_t> by_server(members.size(), 0); // places in the order of ids, grouped by server
            std::iota(by_server.begin(), by_server.end(), 0U);
            const auto server = [&members](std::uint32_t nth) {
                return static_cast<std::uint32_t>(members.members()[detail::index_of(members.in_id_order(nth))].id);
            };
            std::ranges::sort(by_server, [&server](std::uint32_t a, std::uint32_t b) {
                return server(a) != server(b) ? server(a) < server(b) : a < b;
            });
            ends.reserve(members.size());
            slots.reserve(members.size());
            std::vector<std::uint32_t> group_of(members.size(), 0); // in the order of ids
            for (std::size_t i = 0; i < by_server.size(); ++i) {
                const std::uint32_t nth = by_server[i];
                if (i == 0 || server(by_server[i - 1]) != server(nth)) ends.push_back(0);
                slots.push_back(members.in_id_order(nth));
                ends.back() = static_cast<std::uint32_t>(slots.size());
                group_of[nth] = static_cast<std::uint32_t>(ends.size() - 1);
            }
            auto all = detail::ring_points(ketama_layout{}, members, "nginx_consistent_hash");
            const auto again = std::ranges::unique(all, {}, [](std::uint64_t point) { return point >> 32U; });
            all.erase(again.begin(), again.end()); // the first of a configuration stays
            for (std::uint64_t& point : all) {
                point = (point & ~std::uint64_t{0xffffffffU}) | group_of[static_cast<std::size_t>(point & 0xffffffffU)];
            }
            points = detail::hash_points(std::move(all));
        }
        [[nodiscard]] constexpr std::span<const slot> sharers(std::size_t position) const noexcept {
            const std::size_t g = detail::index_of(points[position]);
            const std::uint32_t begin = g == 0 ? 0 : ends[g - 1];
            return std::span(slots).subspan(begin, ends[g] - begin);
        }
        friend constexpr bool operator==(const ring&, const ring&) = default;
    };

    template <class Eligible>
    [[nodiscard]] constexpr std::optional<slot> turn(const Eligible& eligible) noexcept {
        const auto chosen = weights_.turn(eligible);
        return chosen ? std::optional(detail::slot_at(*chosen)) : std::nullopt;
    }

    options options_;
    detail::membership members_;
    detail::smooth_weights weights_;
    ring ring_;
};

template <>
inline constexpr std::array law_exceptions<nginx_consistent_hash>{law_exception{
    law::fairness, "shares of keys follow the arcs between points, which are as long as chance makes them",
    "Karger et al., STOC 1997"}};

static_assert(keyed_selector<nginx_consistent_hash> && keyless_selector<nginx_consistent_hash> &&
              failure_aware_selector<nginx_consistent_hash> && !shareable_selector<nginx_consistent_hash>);

} // namespace poise

#endif
