// SPDX-License-Identifier: MIT
// Does:    HAProxy's roundrobin: everyone has a next turn, a round's length divided by the weight after the last one,
//          and whose is due is chosen.
// Cost:    select O(log members), past members that may not be chosen O(log members) each; 125 to 149 bytes a
//          member.
// Use:     for many members whose weights change while it runs: a changed weight moves that member alone.
// Shared:  no, select moves the turns.
// Source:  HAProxy up to 3.1, src/lb_fwrr.c.
#ifndef POISE_SELECTORS_FAST_WEIGHTED_ROUND_ROBIN_HPP
#define POISE_SELECTORS_FAST_WEIGHTED_ROUND_ROBIN_HPP

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <poise/detail/membership.hpp>
#include <poise/detail/remainder.hpp>
#include <poise/detail/turn_queue.hpp>
#include <poise/selector.hpp>

namespace poise {

/// HAProxy's weighted round robin with dynamic weights, choice for choice. `Queue` is how turns are kept in order; it
/// changes no choice.
///
/// Who may not be chosen when its turn comes loses that turn, as a server does that has all the connections it may:
/// others go on from there. HAProxy takes a server that is down out of the round: weight 0 does that here.
template <class Queue>
class basic_fast_weighted_round_robin {
  public:
    static constexpr std::size_t max_members = 4095; ///< HAProxy's limit
    static constexpr std::uint32_t max_weight = 256; ///< HAProxy's limit

    /// Takes the whole membership. Who stays keeps its turn; with a new weight it comes no later than it would have; who
    /// joins comes after one step of its own. O(members log members). Throws std::invalid_argument on a duplicate id,
    /// more than `max_members` members or a weight above `max_weight`; nothing has changed then.
    constexpr void assign(std::span<const member> members) {
        detail::membership next = checked(members);
        keep_orders_small();
        if (size() == 0) {
            *this = basic_fast_weighted_round_robin(std::move(next));
        } else {
            *this = basic_fast_weighted_round_robin(std::move(next), *this);
        }
    }

    [[nodiscard]] constexpr std::size_t size() const noexcept { return members_.size(); }
    [[nodiscard]] constexpr std::span<const member> members() const noexcept { return members_.members(); }

    /// A new first round.
    constexpr void reset() noexcept {
        for (Queue& queue : queues_) queue.clear();
        std::ranges::fill(turns_, turn_of{});
        round_ = now_ = next_round_ = joined_ = 0;
        for (std::size_t i = 0; i < size(); ++i) {
            next_round_ += step_weight(i);
            if (members_.weight(i) > 0) queue_by_weight(first(), i);
        }
        now_ = round_ = next_round_;
    }
    constexpr void disable(slot where) noexcept { members_.disable(where); }
    constexpr void enable(slot where) noexcept { members_.enable(where); }

    /// The member whose turn is due, or whose is next. Empty when nobody may be chosen; everyone's turn has passed then.
    template <accept_rule Accept = accept_all>
    [[nodiscard]] constexpr std::optional<slot> select(const Accept& accept = {}) noexcept {
        return detail::choice(turn(members_.eligible(accept)));
    }

    friend constexpr bool operator==(const basic_fast_weighted_round_robin& a,
                                     const basic_fast_weighted_round_robin& b) {
        return a.members_ == b.members_ && a.turns_ == b.turns_ && a.round_ == b.round_ && a.now_ == b.now_ &&
               a.next_round_ == b.next_round_ && a.current().same_order(b.current()) &&
               a.queues_[a.first_].same_order(b.queues_[b.first_]) &&
               a.queues_[1 - a.first_].same_order(b.queues_[1 - b.first_]);
    }

    basic_fast_weighted_round_robin() = default;

  private:
    // All in turns, that is, in picks since the round before this one began.
    struct turn_of {
        std::uint64_t next = 0; // 0 = never had one
        std::uint64_t last = 0;
        std::uint64_t rest = 0; // what the division of rounds by the weight has left over so far
        friend constexpr bool operator==(const turn_of&, const turn_of&) = default;
    };
    static constexpr std::uint64_t scale = 16; // HAProxy counts a unit of weight as 16
    static constexpr std::uint64_t most = scale * max_weight;

    constexpr explicit basic_fast_weighted_round_robin(detail::membership&& members) {
        take_over(std::move(members));
        reset();
    }

    // HAProxy's steps for everyone who has left or is drained, then, in slot order, for who changes or comes.
    constexpr basic_fast_weighted_round_robin(detail::membership&& members, const basic_fast_weighted_round_robin& old)
        : first_(old.first_),
          round_(old.round_),
          now_(old.now_),
          next_round_(old.next_round_),
          joined_(old.joined_) {
        take_over(std::move(members));
        for (std::size_t i = 0; i < old.size(); ++i) {
            const auto here = members_.find(old.members()[i].id);
            if (here) turns_[detail::index_of(*here)] = old.turns_[i];
            if (!here || members_.weight(detail::index_of(*here)) == 0) next_round_ -= old.step_weight(i);
        }
        const std::vector<Queue*> from = take_places(old);
        for (std::size_t i = 0; i < size(); ++i) {
            const auto was = old.members_.find(this->members()[i].id);
            const std::uint64_t before = was ? old.step_weight(detail::index_of(*was)) : 0;
            if (step_weight(i) == 0 || step_weight(i) == before) continue;
            next_round_ += step_weight(i);
            if (from[i] == nullptr) {
                turns_[i].next = now_ + (next_round_ + round_ - now_) / step_weight(i);
                queue(i);
            } else {
                next_round_ -= before;
                reweigh(i, *from[i]);
            }
        }
    }

    // Who has the weight that it had keeps its place in the queue. Gives everyone's queue: null for who was in none.
    [[nodiscard]] constexpr std::vector<Queue*> take_places(const basic_fast_weighted_round_robin& old) {
        std::vector<Queue*> from(size(), nullptr);
        for (std::size_t q = 0; q < queues_.size(); ++q) {
            old.queues_[q].for_each([&](const typename Queue::entry& e) {
                const member& was = old.members()[e.index];
                const auto here = members_.find(was.id);
                if (!here) return;
                const auto i = detail::index_of(*here);
                if (members_.weight(i) == 0) return;
                from[i] = &queues_[q];
                if (members_.weight(i) != was.weight) return;
                queues_[q].push({.key = e.key, .order = e.order, .index = static_cast<std::uint32_t>(i)});
            });
        }
        return from;
    }
    constexpr void reweigh(std::size_t i, const Queue& from) noexcept {
        if (&from == &first()) return queue_by_weight(first(), i);
        turn_of& t = turns_[i];
        if (&from == &second()) t.next += round_;
        const std::uint64_t step = next_round_ / step_weight(i);
        t.next = std::min(t.next, t.last + step);
        t.rest = 0;
        if (t.next < now_ + 2) t.next = now_ + step;
        queue(i);
    }

    [[nodiscard]] constexpr detail::membership checked(std::span<const member> members) const {
        constexpr std::string_view who = "fast_weighted_round_robin";
        if (members.size() > max_members) detail::invalid(who, "number of members", members.size(), "at most 4095");
        for (const member& m : members) {
            if (m.weight > max_weight) detail::invalid(who, "weight", m.weight, "at most 256");
        }
        return {members, members_, who};
    }
    constexpr void take_over(detail::membership&& members) {
        members_ = std::move(members);
        turns_.resize(size());
        passed_over_.resize(size(), 0);
        divisors_.reserve(size());
        for (std::size_t i = 0; i < size(); ++i) divisors_.emplace_back(std::max<std::uint64_t>(step_weight(i), 1));
        for (Queue& queue : queues_) queue.resize(size());
    }

    // Not in select: g++ 12 passes an index in a register, and an optional through memory.
    template <class Eligible>
    [[nodiscard, gnu::noinline]] constexpr std::size_t turn(const Eligible& eligible) noexcept {
        keep_orders_small();
        if (round_ == 0) now_ = round_ = next_round_;
        bool new_round = false;
        std::size_t chosen = detail::nobody;
        std::size_t passed_over = 0;
        while (chosen == detail::nobody) {
            Queue* const from = next_queue();
            if (from == nullptr) {
                if (new_round) break;
                new_round = true;
                begin_round();
                continue;
            }
            const std::size_t due = from->front();
            if (from == &first()) turns_[due].next = turns_[due].rest = 0;
            advance(due);
            ++now_;
            if (eligible(due)) {
                chosen = due;
                queue(due, from);
            } else {
                from->pop();
                passed_over_[passed_over++] = static_cast<std::uint32_t>(due);
            }
        }
        while (passed_over > 0) {
            const std::size_t i = passed_over_[--passed_over];
            new_round ? queue_by_weight(first(), i) : queue(i); // where it was is gone with its round
        }
        return chosen;
    }
    // Of whoever is due, else of whoever has not had a turn in this round, else of the first to come.
    [[nodiscard]] constexpr Queue* next_queue() noexcept {
        if (!current().empty() && turns_[current().front()].next <= now_) return &current();
        if (!first().empty()) return &first();
        return current().empty() ? nullptr : &current();
    }
    // A queue has so many orders only, and a turn or a change of members takes at most one for each.
    constexpr void keep_orders_small() noexcept {
        if (joined_ < Queue::most_order - 2 * max_members) return; // nearly always
        joined_ = 0;
        for (Queue& queue : queues_) joined_ += queue.renumber(joined_, passed_over_);
    }
    constexpr void begin_round() noexcept {
        first_ = 1 - first_;
        now_ = round_ = next_round_;
    }
    constexpr void advance(std::size_t i) noexcept {
        turn_of& t = turns_[i];
        if (t.next == 0) t.next = now_;
        t.last = t.next;
        const std::uint64_t weight = step_weight(i);
        const std::uint64_t step = divisors_[i].quotient(next_round_);
        t.next += step;
        t.rest += next_round_ - step * weight;
        if (t.rest < weight) return;
        t.rest -= weight;
        ++t.next;
    }
    // In the queue where it belongs now, and not any more where it was first.
    constexpr void queue(std::size_t i, Queue* from = nullptr) noexcept {
        turn_of& t = turns_[i];
        if (t.next >= 2 * round_ || t.next >= round_ + next_round_) {
            t.next -= round_;
            if (from != nullptr) from->pop();
            return queue_by_weight(second(), i);
        }
        if (from != nullptr && from != &current()) from->pop();
        current().push({.key = max_weight * t.next + (most + t.rest - step_weight(i)) / scale,
                        .order = joined_++,
                        .index = static_cast<std::uint32_t>(i)});
    }
    constexpr void queue_by_weight(Queue& queue, std::size_t i) noexcept {
        queue.push({.key = most - step_weight(i), .order = joined_++, .index = static_cast<std::uint32_t>(i)});
    }

    [[nodiscard]] constexpr std::uint64_t step_weight(std::size_t i) const noexcept {
        return scale * members_.weight(i);
    }
    [[nodiscard]] constexpr Queue& first() noexcept { return queues_[first_]; }      // for this round
    [[nodiscard]] constexpr Queue& second() noexcept { return queues_[1 - first_]; } // for the one after
    [[nodiscard]] constexpr Queue& current() noexcept { return queues_[2]; }
    [[nodiscard]] constexpr const Queue& current() const noexcept { return queues_[2]; }

    detail::membership members_;
    std::vector<turn_of> turns_;
    std::array<Queue, 3> queues_;             // who waits for a first turn, in this round and in the next; who had one
    std::vector<std::uint32_t> passed_over_;  // only while select runs
    std::vector<detail::remainder> divisors_; // by each member's step weight
    std::size_t first_ = 0;                   // which of the first two is this round's
    std::uint64_t round_ = 0;                 // its length
    std::uint64_t now_ = 0;                   // how many turns there were
    std::uint64_t next_round_ = 0;            // the sum of the weights
    std::uint64_t joined_ = 0;                // how often anybody joined a queue since they were counted anew
};

using fast_weighted_round_robin = basic_fast_weighted_round_robin<detail::turn_queue>;

template <>
inline constexpr std::array law_exceptions<fast_weighted_round_robin>{
    law_exception{law::survival, "who is rejected or down when its turn comes loses that turn",
                  "HAProxy: fwrr_get_next_server"},
    law_exception{law::fairness, "shares are exact to one turn, over a round of 16 times the sum of the weights",
                  "HAProxy: fwrr_update_position, fwrr_queue_srv"}};

static_assert(keyless_selector<fast_weighted_round_robin> && !shareable_selector<fast_weighted_round_robin>);

} // namespace poise

#endif
