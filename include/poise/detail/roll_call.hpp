// SPDX-License-Identifier: MIT
// Smooth weighted round robin among those who are asked one by one.
#ifndef POISE_DETAIL_ROLL_CALL_HPP
#define POISE_DETAIL_ROLL_CALL_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include <poise/detail/select_if.hpp>
#include <poise/detail/smooth_weights.hpp>
#include <poise/detail/weight_classes.hpp>

namespace poise::detail {

/// Some of the members.
class roll_call {
  public:
    roll_call() = default;
    /// Room for so many, nobody yet; in their order, if that is wanted. 4 bytes a member.
    constexpr roll_call(std::size_t members, bool in_order) : in_order_(in_order) { indexes_.resize(members, 0); }

    constexpr void clear() noexcept { size_ = 0; }
    /// O(size) in order, else O(1).
    constexpr void add(std::size_t index) noexcept {
        std::size_t i = size_++;
        for (; in_order_ && i > 0 && indexes_[i - 1] > index; --i) indexes_[i] = indexes_[i - 1];
        indexes_[i] = static_cast<std::uint32_t>(index);
    }
    /// O(size).
    constexpr void remove(std::size_t index) noexcept {
        remove_at(static_cast<std::size_t>(std::ranges::find(indexes(), index) - indexes().begin()));
    }
    /// The same for the one that comes there. O(size) in order, else O(1).
    constexpr void remove_at(std::size_t place) noexcept {
        --size_;
        for (; in_order_ && place < size_; ++place) indexes_[place] = indexes_[place + 1];
        indexes_[place] = indexes_[size_];
    }

    [[nodiscard]] constexpr std::span<const std::uint32_t> indexes() const noexcept {
        return std::span(indexes_).first(size_);
    }

    /// All rise by their weights, and all are whole: who stands highest then, the first that comes among equals. Somebody
    /// must be here.
    [[nodiscard]] constexpr std::size_t rise(std::span<smooth_weights::state> states) const noexcept {
        std::int64_t highest = std::numeric_limits<std::int64_t>::min();
        std::size_t best = 0;
        for (const std::uint32_t i : indexes()) {
            const std::int64_t now = states[i].current + states[i].nominal;
            states[i].current = now;
            best = now > highest ? i : best; // as good as random: both are conditional moves
            highest = now > highest ? now : highest;
        }
        return best;
    }
    /// All rise by their effective weights, which are added to `total` and recover by 1: who stands highest then, of them
    /// and `best`.
    [[nodiscard]] constexpr weight_classes::leader
    rise(std::span<smooth_weights::state> states, weight_classes::leader best, std::uint64_t& total) const noexcept {
        for (const std::uint32_t i : indexes()) {
            smooth_weights::state& s = states[i];
            const std::int64_t now = s.current + s.effective;
            s.current = now;
            total += s.effective;
            s.effective += static_cast<std::uint32_t>(s.effective < s.nominal);
            const bool better = (now > best.height) | ((now == best.height) & (i < best.index));
            best.index = select_if(better, i, best.index); // no branch here, either
            best.height = static_cast<std::int64_t>(
                select_if(better, static_cast<std::uint64_t>(now), static_cast<std::uint64_t>(best.height)));
        }
        return best;
    }

  private:
    std::vector<std::uint32_t> indexes_; // the first `size_`
    std::size_t size_ = 0;
    bool in_order_ = false;
};

} // namespace poise::detail

#endif
