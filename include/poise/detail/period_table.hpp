// SPDX-License-Identifier: MIT
// Choices that repeat: noted for one period, then read instead of made.
#ifndef POISE_DETAIL_PERIOD_TABLE_HPP
#define POISE_DETAIL_PERIOD_TABLE_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <vector>

#include <poise/detail/membership.hpp>

namespace poise::detail {

/// After how many choices members have had their shares: the sum of the weights divided by their greatest common divisor.
[[nodiscard]] constexpr std::uint64_t period_of(const membership& members) noexcept {
    std::uint64_t sum = 0;
    std::uint32_t divisor = 0;
    for (const member& m : members.members()) {
        sum += m.weight;
        if (divisor != 1) divisor = std::gcd(divisor, m.weight);
    }
    return divisor == 0 ? 0 : sum / divisor;
}

/// A rotation whose choices depend on a state that only choices move. When that state has returned, so do they. Here a
/// state has returned when every member was chosen as often as its share of the period says.
class period_table {
  public:
    period_table() = default;

    /// Room for `choices` among so many members, when all that fits `most_bytes`; else none. 2 bytes a choice, an eighth
    /// more as far as that fits, and 4 a member. It takes the room of `before` when that is enough and not twice too much.
    constexpr period_table(std::uint64_t choices, std::size_t members, std::size_t most_bytes, period_table& before) {
        if (!fits(choices, members, most_bytes) || choices == 0) return;
        counts_.resize(members, 0);
        const std::uint64_t most = most_bytes / 2 - 2 * members;
        if (before.has_room(choices) && before.choices_.size() <= std::min(2 * choices, most)) {
            choices_.swap(before.choices_);
            before = period_table();
        } else {
            choices_.resize(static_cast<std::size_t>(std::min(choices + choices / 8, most)), 0);
        }
    }

    [[nodiscard]] static constexpr bool fits(std::uint64_t choices, std::size_t members,
                                             std::size_t most_bytes) noexcept {
        constexpr std::size_t most_members = std::numeric_limits<std::uint16_t>::max();
        return members <= most_members && choices <= most_bytes / 2 && members <= most_bytes / 4 &&
               2 * choices + 4 * members <= most_bytes;
    }
    [[nodiscard]] constexpr bool is_noting() const noexcept { return noting_ && !choices_.empty(); }
    /// Whether `next` knows the next choice.
    [[nodiscard]] constexpr bool is_ready() const noexcept { return ready_ && cursor_ < choices_.size(); }
    [[nodiscard]] constexpr bool has_room(std::uint64_t choices) const noexcept { return choices <= choices_.size(); }

    /// What was noted is worth nothing: something other than choices has moved the state.
    constexpr void forget() noexcept {
        noting_ = ready_ = false;
        followed_ = 0;
    }
    /// One more choice, by the weights `weight(index)`, 0 for who takes no part, whose sum this is. It takes an eighth of
    /// the members' number until a period is noted: who is often disturbed hardly pays for it. O(1), O(members) at the
    /// beginning and at the end of a period, which is not shorter.
    template <class Weight>
    constexpr void follow(std::size_t chosen, std::uint64_t sum, const Weight& weight) noexcept {
        if (is_noting()) return note(chosen, [&](std::size_t i) { return weight(i) / divisor_; });
        const std::size_t patience = counts_.size() / 8 + 1;
        if (choices_.empty() || followed_ == patience) return;
        ++followed_;
        if (followed_ < patience) return;
        divisor_ = 0;
        for (std::size_t i = 0; divisor_ != 1 && i < counts_.size(); ++i) divisor_ = std::gcd(divisor_, weight(i));
        if (has_room(sum / divisor_)) note_from_here(sum / divisor_);
    }
    /// From now on the choices are noted, so many of them; there must be room.
    constexpr void note_from_here(std::uint64_t period) noexcept {
        std::ranges::fill(counts_, 0U);
        period_ = static_cast<std::size_t>(period);
        cursor_ = 0;
        noting_ = true;
        ready_ = false;
    }
    /// Notes one. `share(index)` of a whole period: when all were chosen so often, the table is ready; if some were not,
    /// another period is noted. O(1), O(members) at the end of a period, which is not shorter.
    template <class Share>
    constexpr void note(std::size_t chosen, const Share& share) noexcept {
        choices_[cursor_] = static_cast<std::uint16_t>(chosen);
        ++counts_[chosen];
        if (++cursor_ < period_) return;
        for (std::size_t i = 0; i < counts_.size(); ++i) {
            if (counts_[i] != share(i)) return note_from_here(period_);
        }
        cursor_ = 0;
        noting_ = false;
        ready_ = true;
    }
    /// The next choice; only when the table is ready.
    [[nodiscard]] constexpr std::size_t next() noexcept {
        const std::size_t chosen = choices_[cursor_++];
        if (cursor_ == period_) cursor_ = 0;
        return chosen;
    }

    /// How far the state is from where a period begins, by choices: `visit(chosen, true)` for those that have been read
    /// since, or, where they are fewer, `visit(chosen, false)` for those that have not; `read()` is
    /// their number, 0 minus it, modulo 2^64, for those to come.
    template <class Visit>
    constexpr void for_each_read(const Visit& visit) const noexcept {
        if (!is_ready()) return;
        const bool done = cursor_ <= period_ / 2;
        for (std::size_t i = done ? 0 : cursor_, end = done ? cursor_ : period_; i < end; ++i) visit(choices_[i], done);
    }
    [[nodiscard]] constexpr std::uint64_t read() const noexcept {
        if (!is_ready()) return 0;
        return cursor_ <= period_ / 2 ? cursor_ : std::uint64_t{cursor_} - period_;
    }

  private:
    std::vector<std::uint16_t> choices_; // as many as there is room for
    std::vector<std::uint32_t> counts_;  // of each member, while a period is noted
    std::size_t period_ = 0;
    std::size_t cursor_ = 0;
    std::size_t followed_ = 0;  // choices since `forget`, before a period is noted
    std::uint32_t divisor_ = 1; // of the weights, while a period is noted
    bool noting_ = false;
    bool ready_ = false;
};

} // namespace poise::detail

#endif
