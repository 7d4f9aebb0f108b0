// SPDX-License-Identifier: MIT
// tickets: how many threads number their choices. A ticket is a turn of a common order; what they cost is what the order
// keeps of its exactness.
#ifndef POISE_SHARED_TICKETS_HPP
#define POISE_SHARED_TICKETS_HPP

#include <algorithm>
#include <atomic>
#include <concepts>
#include <cstdint>
#include <memory>

#include <poise/detail/cache_line.hpp>
#include <poise/shared/phase.hpp>

namespace poise {

/// The number of the next ticket, for all threads: on cache lines of its own, written by every thread.
class alignas(detail::cache_line) ticket_counter {
  public:
    ticket_counter() = default;
    ticket_counter(const ticket_counter& other) noexcept : next_(other.next()) {}

    /// The first of so many tickets that nobody else gets. One addition to a number that all threads want.
    [[nodiscard]] std::uint64_t take(std::uint64_t many = 1) const noexcept {
        return next_.fetch_add(many, std::memory_order_relaxed);
    }
    /// The same, but before the first of them as many are given up, at once, as `ahead(ticket)` says of the next ticket.
    template <class Ahead>
    [[nodiscard]] std::uint64_t take_behind(const Ahead& ahead, std::uint64_t many = 1) const noexcept {
        std::uint64_t from = next();
        std::uint64_t first = from + ahead(from);
        while (!next_.compare_exchange_weak(from, first + many, std::memory_order_relaxed)) first = from + ahead(from);
        return first;
    }
    [[nodiscard]] std::uint64_t next() const noexcept { return next_.load(std::memory_order_relaxed); }
    void reset() noexcept { next_.store(0, std::memory_order_relaxed); }

  private:
    mutable std::atomic<std::uint64_t> next_ = 0; // const means concurrent
};

/// The counter of a selector. A copy counts on by itself, from the same number; `join` makes two count together.
class ticket_book {
  public:
    ticket_book() = default;
    ticket_book(const ticket_book& other)
        : all_(other.all_ ? std::make_shared<ticket_counter>(*other.all_) : nullptr) {}
    ticket_book(ticket_book&&) noexcept = default;
    ticket_book& operator=(ticket_book other) noexcept {
        all_.swap(other.all_);
        return *this;
    }
    ~ticket_book() = default;

    /// There is a counter from now on.
    void open() {
        if (!all_) all_ = std::make_shared<ticket_counter>();
    }
    /// From now on the tickets are those of `other`, if it is open.
    void join(const ticket_book& other) noexcept {
        if (other.all_) all_ = other.all_;
    }
    void reset() noexcept {
        if (all_) all_->reset();
    }
    [[nodiscard]] const ticket_counter& counter() const noexcept { return *all_; }

    friend bool operator==(const ticket_book& a, const ticket_book& b) noexcept { return a.next() == b.next(); }

  private:
    [[nodiscard]] std::uint64_t next() const noexcept { return all_ ? all_->next() : 0; }
    std::shared_ptr<ticket_counter> all_;
};

/// How a thread gets its tickets: `worker` is what it keeps for that. `take` is given the number of positions, and
/// `take_behind` gives up as many tickets as `ahead(ticket)` says of the one it would take.
template <class Tickets>
concept ticket_source = requires(const ticket_counter& all, typename Tickets::worker& mine, std::uint64_t number,
                                 std::uint64_t (*ahead)(std::uint64_t) noexcept) {
    { Tickets::worker_of(number) } noexcept -> std::same_as<typename Tickets::worker>;
    { Tickets::take(all, mine, number) } noexcept -> std::same_as<std::uint64_t>;
    { Tickets::take_behind(all, mine, number, ahead) } noexcept -> std::same_as<std::uint64_t>;
};

/// One at a time, from the counter of all threads: together they keep the order exactly.
struct single_tickets {
    struct worker {
        friend constexpr bool operator==(const worker&, const worker&) = default;
    };
    [[nodiscard]] static constexpr worker worker_of(std::uint64_t /*number*/) noexcept { return {}; }
    [[nodiscard]] static std::uint64_t take(const ticket_counter& all, worker& /*mine*/,
                                            std::uint64_t /*positions*/) noexcept {
        return all.take();
    }
    template <class Ahead>
    [[nodiscard]] static std::uint64_t take_behind(const ticket_counter& all, worker& /*mine*/,
                                                   std::uint64_t /*positions*/, const Ahead& ahead) noexcept {
        return all.take_behind(ahead);
    }
};

/// `Size` at a time: a thread asks for the counter of all so much less often. What it has not used up is missing in the
/// order: with t workers, t pieces of it, each shorter than `Size`. A worker that is dropped leaves its piece out for good,
/// so keep one a thread, not one a choice.
template <std::uint64_t Size>
    requires(Size > 0)
struct block_tickets {
    struct worker {
        std::uint64_t next = 0;
        std::uint64_t end = 0;
        friend constexpr bool operator==(const worker&, const worker&) = default;
    };
    [[nodiscard]] static constexpr worker worker_of(std::uint64_t /*number*/) noexcept { return {}; }
    [[nodiscard]] static std::uint64_t take(const ticket_counter& all, worker& mine,
                                            std::uint64_t /*positions*/) noexcept {
        if (mine.next == mine.end) [[unlikely]] {
            mine.next = all.take(Size);
            mine.end = mine.next + Size;
        }
        return mine.next++;
    }
    template <class Ahead>
    [[nodiscard]] static std::uint64_t take_behind(const ticket_counter& all, worker& mine, std::uint64_t /*positions*/,
                                                   const Ahead& ahead) noexcept {
        mine.next += std::min(ahead(mine.next), mine.end - mine.next);
        if (mine.next == mine.end) {
            mine.next = all.take_behind(ahead, Size);
            mine.end = mine.next + Size;
        }
        return mine.next++;
    }
};

/// Each thread counts for itself, and begins at its phase: nothing is shared, and each keeps the order by itself.
struct own_tickets {
    struct worker {
        std::uint64_t number;
        std::uint64_t taken = 0;
        friend constexpr bool operator==(const worker&, const worker&) = default;
    };
    [[nodiscard]] static constexpr worker worker_of(std::uint64_t number) noexcept { return {number}; }
    [[nodiscard]] static constexpr std::uint64_t take(const ticket_counter& /*all*/, worker& mine,
                                                      std::uint64_t positions) noexcept {
        return phase_of(mine.number, positions) + mine.taken++;
    }
    template <class Ahead>
    [[nodiscard]] static constexpr std::uint64_t take_behind(const ticket_counter& all, worker& mine,
                                                             std::uint64_t positions, const Ahead& ahead) noexcept {
        mine.taken += ahead(phase_of(mine.number, positions) + mine.taken);
        return take(all, mine, positions);
    }
};

static_assert(ticket_source<single_tickets> && ticket_source<block_tickets<64>> && ticket_source<own_tickets>);

} // namespace poise

#endif
