// SPDX-License-Identifier: MIT
// Points of 32-bit hashes in their order, whose each is, and where among them another hash belongs.
#ifndef POISE_DETAIL_HASH_POINTS_HPP
#define POISE_DETAIL_HASH_POINTS_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include <poise/detail/membership.hpp>

namespace poise::detail {

/// An index says where each of as many equal parts of the hashes' range begins as there are eights of points. Hashes
/// that are spread evenly, as a ring's are, so cost one step and a few comparisons; others as many as share a part.
/// 8.5 bytes a point: hash and owner lie together, so that both come with one miss of the cache.
class hash_points {
  public:
    constexpr hash_points() : hash_points(std::vector<std::uint64_t>{}) {}
    /// Each point has its hash in the upper half and its owner in the lower; sorted by hash.
    constexpr explicit hash_points(std::vector<std::uint64_t> points) : points_(std::move(points)) {
        const std::size_t all = points_.size();
        points_.reserve(all + at_once);
        points_.resize(all + at_once, std::numeric_limits<std::uint64_t>::max()); // so that none are read behind them
        for (std::size_t i = 0; all > 0 && i < 2; ++i) {
            points_[all + i] = std::uint64_t{0xffffffffU} << 32U | (points_[i] & 0xffffffffU);
        }
        parts_.resize(all / a_part + 1, 0);
        std::size_t place = 0;
        for (std::size_t part = 0; part < parts_.size(); ++part) {
            while (place < all && part_of(hash(place)) < part) ++place;
            parts_[part] = static_cast<std::uint32_t>(place);
        }
    }

    [[nodiscard]] constexpr std::size_t size() const noexcept {
        return points_.size() - std::min(points_.size(), at_once); // moved from, it has none
    }
    [[nodiscard]] constexpr bool is_empty() const noexcept { return points_.size() <= at_once; }
    /// Whose the point there is; behind the last come the first two again.
    [[nodiscard]] constexpr slot operator[](std::size_t place) const noexcept {
        return static_cast<slot>(static_cast<std::uint32_t>(points_[place]));
    }
    [[nodiscard]] constexpr std::uint32_t hash(std::size_t place) const noexcept {
        return static_cast<std::uint32_t>(points_[place] >> 32U);
    }
    /// How many hashes are less than this one, which is where the first that is not stands.
    [[nodiscard]] constexpr std::size_t lower_bound(std::uint32_t hash) const noexcept {
        const std::uint64_t first_with_it = std::uint64_t{hash} << 32U;
        std::size_t place = parts_[part_of(hash)];
        for (;;) {
            const std::size_t from = place;
            const auto lower = [&](std::size_t ahead) { // no branch: the hash is as good as random
                return static_cast<std::size_t>(points_[place + ahead] < first_with_it);
            };
            place += 4 * (lower(3) + lower(7) + lower(11));
            place += lower(0) + lower(1) + lower(2);
            if (place - from < at_once - 1) return place; // nearly always
        }
    }

    friend constexpr bool operator==(const hash_points& a, const hash_points& b) noexcept {
        return a.points_ == b.points_;
    }

  private:
    static constexpr std::size_t a_part = 8;   // points have one in common on average
    static constexpr std::size_t at_once = 16; // twice as many are seldom passed

    [[nodiscard]] constexpr std::size_t part_of(std::uint32_t hash) const noexcept {
        return static_cast<std::size_t>((hash * std::uint64_t{parts_.size()}) >> 32U);
    }

    std::vector<std::uint64_t> points_; // behind them the first two again, as the largest hash, and more of that
    std::vector<std::uint32_t> parts_;  // where each begins
};

} // namespace poise::detail

#endif
