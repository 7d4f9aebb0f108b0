// SPDX-License-Identifier: MIT
// Does:    HAProxy's roundrobin: everyone has a next turn, a round's length divided by the weight after the last one,
//          and whose is due is chosen.
// Cost:    select O(log members), past members that may not be chosen O(log members) each; 133 bytes a member.
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
#include <poise/detail/turn_queue.hpp>
#include <poise/selector.hpp>

namespace poise {

/// HAProxy's weighted round robin with dynamic weights, choice for choice.
///
/// Who may not be chosen when its turn comes loses that turn, as a server does that has all the connections it may:
/// others go on from there. HAProxy takes a server that is down out of the round: weight 0 does that here.
class fast_weighted_round_robin {
  public:
    static constexpr std::size_t max_members = 4095; ///< HAProxy's limit
    static constexpr std::uint32_t max_weight = 256; ///< HAProxy's limit

    /// Takes the whole membership. Who stays keeps its turn; with a new weight it comes no later than it would have; who
    /// joins comes after one step of its own. O(members log members). Throws std::invalid_argument on a duplicate id,
    /// more than `max_members` members or a weight above `max_weight`; nothing has changed then.
    constexpr void assign(std::span<const member> members) {
        detail::membership next = checked(members);
        if (size() == 0) {
            *this = fast_weighted_round_robin(std::move(next));
        } else {
            *this = fast_weighted_round_robin(std::move(next), *this);
        }
    }

    [[nodiscard]] constexpr std::size_t size() const noexcept { return members_.size(); }
    [[nodiscard]] constexpr std::span<const member> members() const noexcept { return members_.members(); }

    /// A new first round.
    constexpr void reset() noexcept {
        for (detail::turn_queue& queue : queues_) queue.clear();
        std::ranges::fill(turns_, turn{});
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
        const auto eligible = members_.eligible(accept);
        if (round_ == 0) now_ = round_ = next_round_;
        bool new_round = false;
        std::optional<std::size_t> chosen;
        std::size_t passed_over = 0;
        while (!chosen) {
            const auto due = take();
            if (!due) {
                if (new_round) break;
                new_round = true;
                begin_round();
                continue;
            }
            advance(*due);
            ++now_;
            if (eligible(*due)) {
                chosen = due;
            } else {
                passed_over_[passed_over++] = static_cast<std::uint32_t>(*due);
            }
        }
        if (chosen) queue(*chosen);
        while (passed_over > 0) {
            const std::size_t i = passed_over_[--passed_over];
            new_round ? queue_by_weight(first(), i) : queue(i); // where it was is gone with its round
        }
        return chosen ? std::optional(detail::slot_at(*chosen)) : std::nullopt;
    }

    friend constexpr bool operator==(const fast_weighted_round_robin& a, const fast_weighted_round_robin& b) {
        return a.members_ == b.members_ && a.turns_ == b.turns_ && a.round_ == b.round_ && a.now_ == b.now_ &&
               a.next_round_ == b.next_round_ && a.current().same_order(b.current()) &&
               a.queues_[a.first_].same_order(b.queues_[b.first_]) &&
               a.queues_[1 - a.first_].same_order(b.queues_[1 - b.first_]);
    }

    fast_weighted_round_robin() = default;

  private:
    // All in turns, that is, in picks since the round before this one began.
    struct turn {
        std::uint64_t next = 0; // 0 = never had one
        std::uint64_t last = 0;
        std::uint64_t rest = 0; // what the division of rounds by the weight has left over so far
        friend constexpr bool operator==(const turn&, const turn&) = default;
    };
    static constexpr std::uint64_t scale = 16; // HAProxy counts a unit of weight as 16
    static constexpr std::uint64_t most = scale * max_weight;

    constexpr explicit fast_weighted_round_robin(detail::membership&& members) {
        take_over(std::move(members));
        reset();
    }

    // HAProxy's steps for everyone who has left or is drained, then, in slot order, for who changes or comes.
    constexpr fast_weighted_round_robin(detail::membership&& members, const fast_weighted_round_robin& old)
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
        const std::vector<detail::turn_queue*> from = take_places(old);
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
    [[nodiscard]] constexpr std::vector<detail::turn_queue*> take_places(const fast_weighted_round_robin& old) {
        std::vector<detail::turn_queue*> from(size(), nullptr);
        for (std::size_t q = 0; q < queues_.size(); ++q) {
            for (const detail::turn_queue::entry& e : old.queues_[q].entries()) {
                const member& was = old.members()[e.index];
                const auto here = members_.find(was.id);
                if (!here) continue;
                const auto i = detail::index_of(*here);
                if (members_.weight(i) == 0) continue;
                from[i] = &queues_[q];
                if (members_.weight(i) != was.weight) continue;
                queues_[q].push({.key = e.key, .order = e.order, .index = static_cast<std::uint32_t>(i)});
            }
        }
        return from;
    }
    constexpr void reweigh(std::size_t i, const detail::turn_queue& from) noexcept {
        if (&from == &first()) return queue_by_weight(first(), i);
        turn& t = turns_[i];
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
        for (detail::turn_queue& queue : queues_) queue.resize(size());
    }

    // Whoever is due, else whoever has not had a turn in this round, else the first to come.
    [[nodiscard]] constexpr std::optional<std::size_t> take() noexcept {
        if (!current().empty() && turns_[current().front()].next <= now_) return current().pop();
        if (first().empty()) return current().empty() ? std::nullopt : std::optional(current().pop());
        const std::size_t i = first().pop();
        turns_[i].next = 0;
        turns_[i].rest = 0;
        return i;
    }
    constexpr void begin_round() noexcept {
        first_ = 1 - first_;
        now_ = round_ = next_round_;
    }
    constexpr void advance(std::size_t i) noexcept {
        turn& t = turns_[i];
        if (t.next == 0) t.next = now_;
        t.last = t.next;
        const std::uint64_t weight = step_weight(i);
        const std::uint64_t step = next_round_ / weight;
        t.next += step;
        t.rest += next_round_ - step * weight;
        if (t.rest < weight) return;
        t.rest -= weight;
        ++t.next;
    }
    constexpr void queue(std::size_t i) noexcept {
        turn& t = turns_[i];
        if (t.next >= 2 * round_ || t.next >= round_ + next_round_) {
            t.next -= round_;
            return queue_by_weight(second(), i);
        }
        current().push({.key = max_weight * t.next + (most + t.rest - step_weight(i)) / scale,
                        .order = joined_++,
                        .index = static_cast<std::uint32_t>(i)});
    }
    constexpr void queue_by_weight(detail::turn_queue& queue, std::size_t i) noexcept {
        queue.push({.key = most - step_weight(i), .order = joined_++, .index = static_cast<std::uint32_t>(i)});
    }

    [[nodiscard]] constexpr std::uint64_t step_weight(std::size_t i) const noexcept {
        return scale * members_.weight(i);
    }
    [[nodiscard]] constexpr detail::turn_queue& first() noexcept { return queues_[first_]; }      // for this round
    [[nodiscard]] constexpr detail::turn_queue& second() noexcept { return queues_[1 - first_]; } // for the one after
    [[nodiscard]] constexpr detail::turn_queue& current() noexcept { return queues_[2]; }
    [[nodiscard]] constexpr const detail::turn_queue& current() const noexcept { return queues_[2]; }

    detail::membership members_;
    std::vector<turn> turns_;
    std::array<detail::turn_queue, 3> queues_; // who waits for a first turn, in this round and in the next; who had one
    std::vector<std::uint32_t> passed_over_;   // only while select runs
    std::size_t first_ = 0;                    // which of the first two is this round's
    std::uint64_t round_ = 0;                  // its length
    std::uint64_t now_ = 0;                    // how many turns there were
    std::uint64_t next_round_ = 0;             // the sum of the weights
    std::uint64_t joined_ = 0;                 // how often anybody joined a queue
};

template <>
inline constexpr std::array law_exceptions<fast_weighted_round_robin>{
    law_exception{law::survival, "who is rejected or down when its turn comes loses that turn",
                  "HAProxy: fwrr_get_next_server"},
    law_exception{law::fairness, "shares are exact to one turn, over a round of 16 times the sum of the weights",
                  "HAProxy: fwrr_update_position, fwrr_queue_srv"}};

static_assert(keyless_selector<fast_weighted_round_robin> && !shareable_selector<fast_weighted_round_robin>);

} // namespace poise

#endif
