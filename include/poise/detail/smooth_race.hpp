// SPDX-License-Identifier: MIT
// smooth_weights' turns among all members, without asking all of them: by weight classes, and from a table once they
// repeat.
#ifndef POISE_DETAIL_SMOOTH_RACE_HPP
#define POISE_DETAIL_SMOOTH_RACE_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <poise/detail/membership.hpp>
#include <poise/detail/period_table.hpp>
#include <poise/detail/roll_call.hpp>
#include <poise/detail/smooth_weights.hpp>
#include <poise/detail/weight_classes.hpp>

namespace poise::detail {

/// Turn for turn what smooth_weights chooses. Who is whole and takes part races: the current weight of a racer is kept
/// as what it would have been at turn 0. Who recovers from a failure rises by more with each turn: those are asked one by
/// one, as are all where members are few. Who is down, drained or rejected stands still.
///
/// From level weights, and from any state without failures and rejections, the choices repeat after the sum of the
/// weights divided by their greatest common divisor: then the table has them.
class smooth_race {
    // Something happens to the member while it takes no part. (Here because clang 19 wants templates first.)
    template <class Happens>
    constexpr void outside(std::size_t i, const membership& members, const Happens& happens) noexcept {
        if (i >= standings_.size()) return;
        disturb();
        if (running_) leave(i);
        happens();
        if (running_ && members.is_open(i)) join(i);
    }

  public:
    smooth_race() = default;

    /// The weights of `members` as smooth_weights has them; throws as it does, and `before` stands where it stood then.
    /// Else its table may have been taken. 41 bytes a member, 44 a class, and the table.
    constexpr smooth_race(const membership& members, const membership& old, smooth_race& before,
                          std::size_t most_table_bytes, std::string_view who) {
        before.rest();
        weights_ = smooth_weights(members, old, before.weights_, who);
        if (members.size() > few) classes_ = weight_classes(members, before.classes_);
        asked_ = roll_call(members.size(), members.size() <= few);
        standings_.resize(members.size(), standing::still);
        table_ = period_table(period_of(members), members.size(), most_table_bytes, before.table_);
    }

    /// The same at once, where `members` are `old` but for the weight at `i`, and where there is room for that. Else false:
    /// the race is as it was. O(members), O(members + period) when the table was read so far.
    [[nodiscard]] constexpr bool reweigh(std::size_t i, const membership& members,
                                         std::size_t most_table_bytes) noexcept {
        if (i >= standings_.size()) return false;
        const std::uint32_t weight = members.weight(i);
        const std::uint64_t period = period_of(members);
        if (period_table::fits(period, standings_.size(), most_table_bytes) && !table_.has_room(period)) return false;
        if (!smooth_weights::fits(standings_.size(), weight)) return false;
        const bool classed = standings_.size() > few && weight > 0; // who is drained stays where it was
        if (classed && !classes_.has_room(i, weight)) return false;
        outside(i, members, [&] {
            if (classed) classes_.reweigh(i, weight);
            weights_.reweigh(i, weight);
        });
        return true;
    }

    constexpr void reset(const membership& members) noexcept {
        rest();
        weights_.reset(members);
    }

    /// Whether the next turn among all who may be chosen is known: `turn_read` takes it, at once.
    [[nodiscard]] constexpr bool is_read() const noexcept { return table_.is_ready(); }
    [[nodiscard]] constexpr std::size_t turn_read() noexcept { return table_.next(); }
    /// The next turn among all who may be chosen, or `nobody`. A call, so that `turn_read` is none.
    [[nodiscard, gnu::noinline]] constexpr std::size_t turn(const membership& members) noexcept {
        if (is_read()) return turn_read();
        if (!running_) start(members);
        if (sum_ == 0 || standings_.empty()) return nobody;
        const std::size_t chosen = take_turn();
        if (healing_ > 0) {
            table_.forget();
        } else {
            table_.follow(chosen, sum_, [this](std::size_t i) {
                return standings_[i] == standing::still ? 0 : weights_.states()[i].nominal;
            });
        }
        return chosen;
    }
    /// The next turn among all of them but those with these ids. O(ids log members).
    [[nodiscard]] constexpr std::size_t turn_without(std::span<const std::uint64_t> ids,
                                                     const membership& members) noexcept {
        const auto open = [&members](std::uint64_t id) {
            const auto where = members.find(id);
            return where && members.is_open(index_of(*where)) ? index_of(*where) : nobody;
        };
        if (std::ranges::all_of(ids, [&](std::uint64_t id) { return open(id) == nobody; })) return turn(members);
        disturb();
        if (!running_) start(members);
        for (const std::uint64_t id : ids) {
            if (const std::size_t i = open(id); i != nobody) leave(i);
        }
        const std::size_t chosen = sum_ == 0 ? nobody : take_turn();
        for (const std::uint64_t id : ids) {
            if (const std::size_t i = open(id); i != nobody) join(i);
        }
        return chosen;
    }
    /// The next turn among those for whom `takes_part(index)`. O(members).
    template <class TakesPart>
    [[nodiscard]] constexpr std::size_t turn_among(const TakesPart& takes_part) noexcept {
        rest();
        return weights_.turn(takes_part).value_or(nobody);
    }

    /// The member there failed, see smooth_weights. O(log members + who recovers), O(members + period) when the table was
    /// read so far.
    constexpr void failed(const membership& members, slot where, std::uint32_t max_fails) noexcept {
        outside(index_of(where), members, [&] { weights_.failed(members, where, max_fails); });
    }
    /// It may be chosen now, or not any more. The same cost.
    constexpr void changed(const membership& members, slot where) noexcept {
        outside(index_of(where), members, [] {});
    }

    [[nodiscard]] constexpr std::uint32_t effective(slot where) const noexcept { return weights_.effective(where); }
    /// O(period) while the table is read.
    [[nodiscard]] constexpr std::int64_t current(slot where) const noexcept {
        const std::size_t i = index_of(where);
        if (i >= standings_.size()) return 0;
        std::int64_t now = less(weights_.states()[i].current, 0 - risen(i));
        table_.for_each_read([&](std::size_t chosen, bool done) {
            if (chosen == i) now = less(now, done ? sum_ : 0 - sum_);
        });
        return now;
    }

    friend constexpr bool operator==(const smooth_race& a, const smooth_race& b) { return a.rested() == b.rested(); }

  private:
    enum class standing : std::uint8_t { still, racing, asked };
    static constexpr std::size_t few = 16; // so many members are all asked

    // Modulo 2^64: racers' marks fall without end.
    [[nodiscard]] static constexpr std::int64_t less(std::int64_t current, std::uint64_t by) noexcept {
        return static_cast<std::int64_t>(static_cast<std::uint64_t>(current) - by);
    }
    // By how much the member stands higher than its state says, before it paid for what was read from the table.
    [[nodiscard]] constexpr std::uint64_t risen(std::size_t i) const noexcept {
        if (standings_[i] == standing::still) return 0;
        const std::uint64_t turns = table_.read() + (standings_[i] == standing::racing ? turns_ : 0);
        return weights_.states()[i].nominal * turns;
    }

    // Everybody's current weight is what its state says, and nobody is in the race. O(members), and O(period) when the
    // table was read so far.
    constexpr void rest() noexcept {
        if (!running_) return;
        put_to_rest(weights_);
        std::ranges::fill(standings_, standing::still);
        running_ = false;
        table_.forget();
    }
    constexpr void put_to_rest(smooth_weights& weights) const noexcept {
        for (std::size_t i = 0; i < standings_.size(); ++i) {
            auto& s = weights.states()[i];
            s.current = less(s.current, 0 - risen(i));
        }
        table_.for_each_read([&](std::size_t chosen, bool done) {
            auto& s = weights.states()[chosen];
            s.current = less(s.current, done ? sum_ : 0 - sum_);
        });
    }
    [[nodiscard]] constexpr smooth_weights rested() const {
        smooth_weights weights = weights_;
        if (running_) put_to_rest(weights);
        return weights;
    }
    // What was noted is worth nothing; and of what was read, the classes know nothing.
    constexpr void disturb() noexcept {
        if (is_read()) rest();
        table_.forget();
    }

    constexpr void start(const membership& members) noexcept {
        turns_ = risen_ = sum_ = 0;
        healing_ = 0;
        asked_.clear();
        for (std::size_t i = 0; i < standings_.size(); ++i) {
            standings_[i] = standing::still;
            if (members.is_open(i)) take_part(i);
        }
        if (standings_.size() > few) {
            classes_.start([this](std::size_t i) { return standings_[i] == standing::racing; }, weights_.marks());
        }
        running_ = true;
    }
    [[nodiscard]] constexpr bool is_whole(std::size_t i) const noexcept {
        return weights_.states()[i].effective == weights_.states()[i].nominal;
    }
    constexpr void take_part(std::size_t i) noexcept {
        const auto& s = weights_.states()[i];
        sum_ += s.nominal;
        if (is_whole(i) && standings_.size() > few) {
            standings_[i] = standing::racing;
            risen_ += s.nominal;
        } else {
            standings_[i] = standing::asked;
            asked_.add(i);
            healing_ += static_cast<std::size_t>(!is_whole(i));
        }
    }
    constexpr void join(std::size_t i) noexcept {
        if (standings_[i] != standing::still) return;
        take_part(i);
        if (standings_[i] != standing::racing) return;
        auto& s = weights_.states()[i];
        s.current = less(s.current, s.nominal * turns_);
        classes_.enter(i, weights_.marks());
    }
    constexpr void leave(std::size_t i) noexcept {
        if (standings_[i] == standing::still) return;
        auto& s = weights_.states()[i];
        sum_ -= s.nominal;
        if (standings_[i] == standing::racing) {
            s.current = less(s.current, 0 - s.nominal * turns_);
            risen_ -= s.nominal;
            classes_.leave(i, weights_.marks());
        } else {
            asked_.remove(i);
            healing_ -= static_cast<std::size_t>(!is_whole(i));
        }
        standings_[i] = standing::still;
    }

    constexpr std::size_t take_turn() noexcept {
        ++turns_;
        if (healing_ > 0) return take_turn_healing();
        const std::size_t chosen =
            standings_.size() <= few ? asked_.rise(weights_.states()) : classes_.highest(turns_).index;
        pay(chosen, sum_);
        return chosen;
    }
    constexpr std::size_t take_turn_healing() noexcept {
        weight_classes::leader best{.height = std::numeric_limits<std::int64_t>::min(), .index = 0};
        if (risen_ > 0) best = classes_.highest(turns_);
        std::uint64_t total = risen_;
        best = asked_.rise(weights_.states(), best, total);
        pay(best.index, total);
        discharge();
        return best.index;
    }
    constexpr void pay(std::size_t chosen, std::uint64_t total) noexcept {
        auto& s = weights_.states()[chosen];
        s.current = less(s.current, total);
        if (standings_[chosen] == standing::racing) classes_.fall(chosen, turns_, weights_.marks());
    }
    // Who is whole again races again, unless all are asked.
    constexpr void discharge() noexcept {
        healing_ = 0;
        for (std::size_t a = asked_.indexes().size(); a-- > 0;) {
            const std::size_t i = asked_.indexes()[a];
            if (!is_whole(i)) {
                ++healing_;
            } else if (standings_.size() > few) {
                asked_.remove_at(a);
                sum_ -= weights_.states()[i].nominal; // until it joins
                standings_[i] = standing::still;
                join(i);
            }
        }
    }

    smooth_weights weights_;
    weight_classes classes_; // of who races
    std::vector<standing> standings_;
    roll_call asked_;
    std::size_t healing_ = 0; // how many of them are not whole
    bool running_ = false;
    std::uint64_t turns_ = 0; // while the table is read: at the beginning of its period
    std::uint64_t risen_ = 0; // the sum of the racers' weights
    std::uint64_t sum_ = 0;   // and of all who take part
    period_table table_;
};

} // namespace poise::detail

#endif
