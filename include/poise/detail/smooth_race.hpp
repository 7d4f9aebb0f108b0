// SPDX-License-Identifier: MIT
// smooth_weights' turns among all members, without asking all of them: by weight classes, and from a table once they
// repeat.
#ifndef POISE_DETAIL_SMOOTH_RACE_HPP
#define POISE_DETAIL_SMOOTH_RACE_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <poise/detail/membership.hpp>
#include <poise/detail/period_table.hpp>
#include <poise/detail/smooth_weights.hpp>
#include <poise/detail/weight_classes.hpp>

namespace poise::detail {

/// Turn for turn what smooth_weights chooses. Who is whole and takes part races: the current weight of a racer is kept
/// as what it would have been at turn 0. Who recovers from a failure rises by more with each turn: those are few, and
/// asked one by one. Who is down, drained or rejected stands still.
///
/// From level weights, and from any state without failures and rejections, the choices repeat after the sum of the
/// weights divided by their greatest common divisor: then the table has them.
class smooth_race {
  public:
    smooth_race() = default;

    /// The weights of `members` as smooth_weights has them; throws as it does, and `before` stands where it stood then,
    /// else its table may have been taken. 41 bytes a member, at most 40 a class, and the table.
    constexpr smooth_race(const membership& members, const membership& old, smooth_race& before,
                          std::size_t most_table_bytes, std::string_view who) {
        before.rest();
        weights_ = smooth_weights(members, old, before.weights_, who);
        classes_ = weight_classes(members);
        recovering_.resize(members.size(), 0);
        standings_.resize(members.size(), standing::still);
        std::uint64_t sum = 0;
        std::uint32_t divisor = 0;
        for (const member& m : members.members()) {
            sum += m.weight;
            divisor = std::gcd(divisor, m.weight);
        }
        table_ = period_table(divisor == 0 ? 0 : sum / divisor, members.size(), most_table_bytes, before.table_);
    }

    constexpr void reset(const membership& members) noexcept {
        rest();
        weights_.reset(members);
    }

    /// The next turn among all who may be chosen.
    [[nodiscard]] constexpr std::optional<std::size_t> turn(const membership& members) noexcept {
        if (table_.is_ready()) return again();
        if (standings_.empty()) return std::nullopt;
        if (!running_) start(members);
        const auto chosen = take_turn();
        if (chosen) note(*chosen);
        return chosen;
    }
    /// The next turn among all of them but those with these ids. O(ids log members).
    [[nodiscard]] constexpr std::optional<std::size_t> turn_without(std::span<const std::uint64_t> ids,
                                                                    const membership& members) noexcept {
        const auto among = [&members](std::uint64_t id) {
            const auto where = members.find(id);
            return where && members.is_open(index_of(*where)) ? where : std::nullopt;
        };
        if (std::ranges::none_of(ids, [&](std::uint64_t id) { return among(id).has_value(); })) return turn(members);
        stop_reading();
        if (!running_) start(members);
        for (const std::uint64_t id : ids) {
            if (const auto where = among(id)) leave(index_of(*where));
        }
        const auto chosen = take_turn();
        for (const std::uint64_t id : ids) {
            if (const auto where = among(id)) join(index_of(*where));
        }
        return chosen;
    }
    /// The next turn among those for whom `takes_part(index)`. O(members).
    template <class TakesPart>
    [[nodiscard]] constexpr std::optional<std::size_t> turn_among(const TakesPart& takes_part) noexcept {
        rest();
        return weights_.turn(takes_part);
    }

    /// The member there failed, see smooth_weights. O(log members), O(members) when the table was read so far.
    constexpr void failed(const membership& members, slot where, std::uint32_t max_fails) noexcept {
        const std::size_t i = index_of(where);
        stop_reading();
        const bool takes_part = running_ && i < standings_.size() && standings_[i] != standing::still;
        if (takes_part) leave(i);
        weights_.failed(members, where, max_fails);
        if (takes_part) join(i);
    }
    /// It may be chosen now, or not any more. The same cost.
    constexpr void changed(const membership& members, slot where) noexcept {
        const std::size_t i = index_of(where);
        if (i >= standings_.size()) return;
        stop_reading();
        if (!running_) return;
        members.is_open(i) ? join(i) : leave(i);
    }

    [[nodiscard]] constexpr std::uint32_t effective(slot where) const noexcept { return weights_.effective(where); }
    [[nodiscard]] constexpr std::int64_t current(slot where) const noexcept {
        return index_of(where) < standings_.size() ? height(index_of(where)) : 0;
    }

    friend constexpr bool operator==(const smooth_race& a, const smooth_race& b) noexcept {
        if (a.standings_.size() != b.standings_.size()) return false;
        for (std::size_t i = 0; i < a.standings_.size(); ++i) {
            const auto& s = a.weights_.states()[i];
            const auto& t = b.weights_.states()[i];
            if (s.effective != t.effective || s.nominal != t.nominal || a.height(i) != b.height(i)) return false;
        }
        return true;
    }

  private:
    enum class standing : std::uint8_t { still, racing, recovering };
    struct marks_of {
        std::span<const smooth_weights::state> states;
        constexpr std::uint64_t operator()(std::size_t i) const noexcept {
            return static_cast<std::uint64_t>(states[i].current);
        }
    };

    // Everybody's current weight is what it is, and nobody is in the race.
    constexpr void rest() noexcept {
        if (!running_) return;
        for (std::size_t i = 0; i < standings_.size(); ++i) {
            weights_.states()[i].current = height(i);
            standings_[i] = standing::still;
        }
        recoverers_ = 0;
        running_ = false;
        table_.forget();
    }
    // The classes know nothing of what was read from the table.
    constexpr void stop_reading() noexcept {
        if (table_.is_ready()) rest();
        table_.forget();
        undisturbed_ = 0;
    }
    constexpr void start(const membership& members) noexcept {
        turns_ = 0;
        risen_ = 0;
        recoverers_ = 0;
        undisturbed_ = 0;
        for (std::size_t i = 0; i < standings_.size(); ++i) {
            standings_[i] = standing::still;
            if (!members.is_open(i)) continue;
            const auto& s = weights_.states()[i];
            if (s.effective == s.nominal) {
                standings_[i] = standing::racing;
                risen_ += s.nominal;
            } else {
                recover(i);
            }
        }
        classes_.start([this](std::size_t i) { return standings_[i] == standing::racing; }, marks());
        running_ = true;
    }

    constexpr void join(std::size_t i) noexcept {
        if (standings_[i] != standing::still) return;
        auto& s = weights_.states()[i];
        if (s.effective != s.nominal) return recover(i);
        standings_[i] = standing::racing;
        s.current = less(s.current, s.nominal * turns_);
        risen_ += s.nominal;
        classes_.enter(i, turns_, marks());
    }
    constexpr void leave(std::size_t i) noexcept {
        if (standings_[i] == standing::racing) {
            auto& s = weights_.states()[i];
            s.current = height(i);
            risen_ -= s.nominal;
            classes_.leave(i, turns_, marks());
        } else if (standings_[i] == standing::recovering) {
            const auto listed = std::ranges::find(recovering_, static_cast<std::uint32_t>(i));
            *listed = recovering_[--recoverers_];
        }
        standings_[i] = standing::still;
    }
    constexpr void recover(std::size_t i) noexcept {
        standings_[i] = standing::recovering;
        recovering_[recoverers_++] = static_cast<std::uint32_t>(i);
    }

    constexpr std::optional<std::size_t> take_turn() noexcept {
        if (risen_ == 0 && recoverers_ == 0) return std::nullopt;
        ++turns_;
        std::optional<weight_classes::leader> best;
        if (risen_ > 0) best = classes_.highest(turns_, marks());
        std::uint64_t total = risen_;
        bool healed = false;
        for (std::size_t r = 0; r < recoverers_; ++r) {
            const std::uint32_t i = recovering_[r];
            auto& s = weights_.states()[i];
            s.current += s.effective;
            total += s.effective;
            healed = ++s.effective == s.nominal || healed;
            if (best && (s.current < best->height || (s.current == best->height && i > best->index))) continue;
            best = weight_classes::leader{.height = s.current, .index = i};
        }
        const std::size_t chosen = best->index;
        weights_.states()[chosen].current = less(weights_.states()[chosen].current, total);
        if (standings_[chosen] == standing::racing) classes_.enter(chosen, turns_, marks());
        if (healed) rejoin();
        return chosen;
    }
    // Who is whole again races again.
    constexpr void rejoin() noexcept {
        for (std::size_t r = recoverers_; r-- > 0;) {
            const std::size_t i = recovering_[r];
            const auto& s = weights_.states()[i];
            if (s.effective != s.nominal) continue;
            leave(i);
            join(i);
        }
    }

    constexpr void note(std::size_t chosen) noexcept {
        if (recoverers_ > 0) return table_.forget();
        if (table_.is_noting()) {
            const auto share = [this](std::size_t i) {
                return standings_[i] == standing::racing ? weights_.states()[i].nominal / divisor_ : 0;
            };
            return table_.note(chosen, share);
        }
        // It takes as many turns again until a period is noted: who is often disturbed does not pay for it.
        if (++undisturbed_ < standings_.size()) return;
        undisturbed_ = 0;
        divisor_ = classes_.common_divisor();
        if (table_.has_room(risen_ / divisor_)) table_.note_from_here(risen_ / divisor_);
    }
    constexpr std::size_t again() noexcept {
        const std::size_t chosen = table_.next();
        ++turns_;
        auto& s = weights_.states()[chosen];
        s.current = less(s.current, risen_);
        return chosen;
    }

    [[nodiscard]] constexpr std::int64_t height(std::size_t i) const noexcept {
        const auto& s = weights_.states()[i];
        return standings_[i] == standing::racing ? less(s.current, 0 - s.nominal * turns_) : s.current;
    }
    [[nodiscard]] constexpr marks_of marks() const noexcept { return {weights_.states()}; }
    // Modulo 2^64: racers' marks fall without end.
    [[nodiscard]] static constexpr std::int64_t less(std::int64_t current, std::uint64_t by) noexcept {
        return static_cast<std::int64_t>(static_cast<std::uint64_t>(current) - by);
    }

    smooth_weights weights_;
    weight_classes classes_; // of who races
    std::vector<standing> standings_;
    std::vector<std::uint32_t> recovering_; // the first `recoverers_`
    std::size_t recoverers_ = 0;
    bool running_ = false;
    std::uint64_t turns_ = 0;
    std::uint64_t risen_ = 0; // the sum of the racers' weights
    period_table table_;
    std::size_t undisturbed_ = 0; // turns since all have raced
    std::uint32_t divisor_ = 1;   // of the racers' weights, while a period is noted
};

} // namespace poise::detail

#endif
