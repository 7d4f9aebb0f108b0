// SPDX-License-Identifier: MIT
// Sorted 32-bit hashes, and where among them another one belongs.
#ifndef POISE_DETAIL_SORTED_HASHES_HPP
#define POISE_DETAIL_SORTED_HASHES_HPP

#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

namespace poise::detail {

/// An index says where each of as many equal parts of the hashes' range begins as there are eights of them. Hashes that
/// are spread evenly, as a ring's points are, so cost one step and a few comparisons; others as many as share a part.
/// 4.5 bytes a hash.
class sorted_hashes {
  public:
    constexpr sorted_hashes() : sorted_hashes(std::vector<std::uint32_t>{}) {}
    /// `hashes` must be sorted.
    constexpr explicit sorted_hashes(std::vector<std::uint32_t> hashes) : hashes_(std::move(hashes)) {
        size_ = hashes_.size();
        hashes_.resize(size_ + at_once, std::numeric_limits<std::uint32_t>::max()); // so that none are read behind them
        parts_.resize(size_ / at_once + 1, 0);
        std::size_t place = 0;
        for (std::size_t part = 0; part < parts_.size(); ++part) {
            while (place < size_ && part_of(hashes_[place]) < part) ++place;
            parts_[part] = static_cast<std::uint32_t>(place);
        }
    }

    [[nodiscard]] constexpr std::size_t size() const noexcept { return size_; }
    [[nodiscard]] constexpr std::uint32_t operator[](std::size_t place) const noexcept { return hashes_[place]; }

    /// How many hashes are less than this one, which is where the first that is not stands.
    [[nodiscard]] constexpr std::size_t lower_bound(std::uint32_t hash) const noexcept {
        std::size_t place = parts_[part_of(hash)];
        for (;;) {
            std::size_t less = 0;
            for (std::size_t i = 0; i < at_once; ++i) less += static_cast<std::size_t>(hashes_[place + i] < hash);
            place += less;
            if (less < at_once) return place;
        }
    }

    friend constexpr bool operator==(const sorted_hashes& a, const sorted_hashes& b) noexcept {
        return a.hashes_ == b.hashes_;
    }

  private:
    static constexpr std::size_t at_once = 8;

    [[nodiscard]] constexpr std::size_t part_of(std::uint32_t hash) const noexcept {
        return static_cast<std::size_t>((hash * std::uint64_t{parts_.size()}) >> 32U);
    }

    std::size_t size_ = 0;
    std::vector<std::uint32_t> hashes_; // and `at_once` of the largest there are
    std::vector<std::uint32_t> parts_;  // where each begins
};

} // namespace poise::detail

#endif
