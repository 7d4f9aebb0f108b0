// SPDX-License-Identifier: MIT
// Does:    consistent hashing: members have points on a ring of 2^32, a key goes to a point near its hash.
// Cost:    select O(1) for points that are spread evenly, past members that may not be chosen O(members log points) at
//          most; 37 bytes a member and 12.5 a point; 16.5 a point where keys go to the nearest.
// Use:     for caches and sharded state: when a member joins or leaves, only its own keys move.
// Shared:  yes.
// Source:  D. Karger et al., "Consistent hashing and random trees", STOC 1997; the systems' rings are in layouts/.
#ifndef POISE_SELECTORS_HASH_RING_HPP
#define POISE_SELECTORS_HASH_RING_HPP

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include <poise/detail/circle.hpp>
#include <poise/detail/fingerprint.hpp>
#include <poise/detail/hash_points.hpp>
#include <poise/detail/membership.hpp>
#include <poise/detail/nearest_arcs.hpp>
#include <poise/detail/ring_points.hpp>
#include <poise/detail/select_if.hpp>
#include <poise/layouts/ring_layout.hpp>
#include <poise/selector.hpp>

namespace poise {

/// A ring of points. A key whose member is rejected or disabled goes on to the next point clockwise, and so to the
/// next member; all others stay. Where points are equal, the member with the lower id comes first.
///
/// The hash is the lower 32 bits of the key. Shares follow the arcs between the points: by chance they stray from the
/// weights, by about 1 / sqrt(points of the member) of the share (8 % at 160 points).
template <ring_layout Layout>
class hash_ring {
  public:
    /// How many points all members may have together.
    static constexpr std::uint64_t max_positions = detail::most_ring_points;

    hash_ring() = default;
    constexpr explicit hash_ring(Layout layout) : layout_(std::move(layout)) {}

    /// Takes the whole membership. O(points). Throws std::invalid_argument on a duplicate id, a weight that
    /// the layout has no points for, or more than `max_positions` points; nothing has changed then.
    constexpr void assign(std::span<const member> members) {
        detail::membership next(members, members_, "hash_ring");
        std::vector<std::uint64_t> points = detail::ring_points(layout_, next, "hash_ring");
        for (std::uint64_t& point : points) { // whose, by slot instead of by the order of ids
            point = (point & ~std::uint64_t{0xffffffffU}) | detail::index_of(next.in_id_order(point & 0xffffffffU));
        }
        std::vector<std::uint32_t> hashes;
        std::uint32_t around = 0;
        if constexpr (Layout::lookup == ring_lookup::nearest) {
            hashes.reserve(points.size());
            for (const std::uint64_t point : points) hashes.push_back(static_cast<std::uint32_t>(point >> 32U));
            around = detail::to_ends_of_arcs(points);
        }
        detail::basic_circle circle(detail::hash_points(std::move(points)), next.size());
        members_ = std::move(next);
        circle_ = std::move(circle);
        hashes_ = std::move(hashes);
        around_ = around;
    }

    [[nodiscard]] constexpr std::size_t size() const noexcept { return members_.size(); }
    [[nodiscard]] constexpr std::span<const member> members() const noexcept { return members_.members(); }

    constexpr void reset() noexcept {}
    constexpr void disable(slot where) noexcept { members_.disable(where); }
    constexpr void enable(slot where) noexcept { members_.enable(where); }

    /// The member whose point the key goes to, or the next that may be chosen.
    template <accept_rule Accept = accept_all>
    [[nodiscard]] constexpr std::optional<slot> select(key_hash key, const Accept& accept = {}) const noexcept {
        return detail::choice(owner(static_cast<std::uint32_t>(key), accept));
    }

    /// How many points the ring has.
    [[nodiscard]] constexpr std::size_t positions() const noexcept { return circle_.size(); }
    /// The first point from the `position`-th on, around the ring, whose member may be chosen.
    template <accept_rule Accept = accept_all>
    [[nodiscard]] constexpr std::optional<std::size_t> next(std::size_t position,
                                                            const Accept& accept = {}) const noexcept {
        const std::size_t found = circle_.find(position, members_.eligible(accept));
        return found == positions() ? std::nullopt : std::optional(found);
    }
    /// Its member.
    template <accept_rule Accept = accept_all>
    [[nodiscard]] constexpr std::optional<slot> at(std::size_t position, const Accept& accept = {}) const noexcept {
        const std::size_t found = circle_.find(position, members_.eligible(accept));
        return found == positions() ? std::nullopt : std::optional(circle_[found]);
    }

    /// Where in this ring goes on who had passed that many positions of `before`, at least one: behind the last of
    /// them; if its point is gone, or its member's id is one that `anew` says to have got all its points anew, behind the
    /// first point after it that is still here. At the first when none is. O(points gone from there on, log points).
    template <class Anew>
    [[nodiscard]] constexpr std::size_t resumed(std::size_t passed, const hash_ring& before,
                                                const Anew& anew) const noexcept {
        const std::size_t all = before.positions();
        if (passed == 0 || passed > all) return 0;
        for (std::size_t step = 0, i = passed - 1; step < all; ++step, i = i + 1 == all ? 0 : i + 1) {
            if (anew(before.id_at(i))) continue;
            const std::uint32_t hash = before.hash_at(i);
            for (std::size_t here = first_at(hash); here < positions() && hash_at(here) == hash; ++here) {
                if (id_at(here) == before.id_at(i)) return here + 1;
            }
        }
        return 0;
    }

    /// A digest of the mapping, whoever is down; equal on every machine. O(points).
    [[nodiscard]] constexpr std::uint64_t fingerprint() const noexcept {
        detail::fingerprint digest;
        for (std::size_t i = 0; i < positions(); ++i) {
            digest.add(hash_at(i));
            digest.add(id_at(i));
        }
        return digest.value();
    }

    friend constexpr bool operator==(const hash_ring& a, const hash_ring& b) noexcept {
        if constexpr (!std::is_empty_v<Layout>) {
            if (!(a.layout_ == b.layout_)) return false;
        }
        return a.members_ == b.members_ && a.circle_ == b.circle_;
    }

  private:
    [[nodiscard]] constexpr const detail::hash_points& points() const noexcept { return circle_.slots(); }
    [[nodiscard]] constexpr std::uint64_t id_at(std::size_t position) const noexcept {
        return members()[detail::index_of(circle_[position])].id;
    }

    [[nodiscard]] constexpr std::uint32_t hash_at(std::size_t position) const noexcept {
        if constexpr (Layout::lookup == ring_lookup::nearest) return hashes_[position];
        return points().hash(position);
    }
    [[nodiscard]] constexpr std::size_t first_at(std::uint32_t hash) const noexcept {
        if constexpr (Layout::lookup == ring_lookup::nearest) {
            return static_cast<std::size_t>(std::ranges::lower_bound(hashes_, hash) - hashes_.begin());
        }
        return points().lower_bound(hash);
    }

    // Not in select: g++ 12 gives an index back in a register, and an optional through memory.
    template <class Accept>
    [[nodiscard, gnu::noinline]] constexpr std::size_t owner(std::uint32_t hash, const Accept& accept) const noexcept {
        if (points().is_empty()) return detail::nobody;
        std::size_t position = points().lower_bound(hash);
        if (Layout::lookup == ring_lookup::nearest && hash < around_) position = positions() - 1; // seldom
        std::size_t own = detail::index_of(circle_[position]);
        const auto eligible = members_.eligible(accept);
        if constexpr (std::same_as<Accept, accept_all>) {
            if (members_.down() == 0) return own; // who is drained has no points
            if (members_.down() > size() / 32) {  // whether it is this one's is as good as random: no branch
                own = detail::select_if(eligible(own), own, detail::index_of(points()[position + 1]));
            }
        }
        return eligible(own) ? own : owner_behind(position, accept); // nearly always
    }
    // A call, so that `owner` needs no stack.
    template <class Accept>
    [[nodiscard, gnu::noinline]] constexpr std::size_t owner_behind(std::size_t position,
                                                                    const Accept& accept) const noexcept {
        const std::size_t found = circle_.find_behind(position, members_.eligible(accept));
        return found == positions() ? detail::nobody : detail::index_of(circle_[found]);
    }

    [[no_unique_address]] Layout layout_{};
    detail::membership members_;
    detail::basic_circle<detail::hash_points> circle_; // for the nearest, the ends of the points' arcs
    std::vector<std::uint32_t> hashes_;                // and these are the points
    std::uint32_t around_ = 0;                         // below that, the arc of the last point goes on
};

template <class Layout>
inline constexpr std::array law_exceptions<hash_ring<Layout>>{
    law_exception{law::fairness, "shares follow the arcs between points, which are as long as chance makes them",
                  "Karger et al., STOC 1997"}};

} // namespace poise

#endif
