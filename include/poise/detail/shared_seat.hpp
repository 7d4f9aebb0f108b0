// SPDX-License-Identifier: MIT
// A seat that threads share: what is in flight and who holds it, as one number.
#ifndef POISE_DETAIL_SHARED_SEAT_HPP
#define POISE_DETAIL_SHARED_SEAT_HPP

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

#include <poise/detail/cache_line.hpp>
#include <poise/detail/seat.hpp>
#include <poise/member.hpp>

namespace poise::detail {

/// Of a pool whose `Core` wants to hear of what has ended.
template <class Endpoint, class Core>
class shared_seat final : public seat<Endpoint> {
  public:
    using seat<Endpoint>::seat;

    /// A choice: it is in flight, and its lease holds the seat.
    void opened() noexcept { marks_.fetch_add(one_in_flight + one_holder, std::memory_order_relaxed); }
    void finished(outcome how) noexcept override {
        marks_.fetch_sub(one_in_flight, std::memory_order_relaxed);
        core->finished(*this, how);
    }
    void hold() noexcept { marks_.fetch_add(one_holder, std::memory_order_relaxed); }
    void let_go() noexcept override {
        const std::uint64_t before = marks_.fetch_sub(one_holder, std::memory_order_acq_rel);
        if (static_cast<std::uint32_t>(before) == one_holder) delete this;
    }
    [[nodiscard]] std::uint64_t in_flight() const noexcept {
        return marks_.load(std::memory_order_relaxed) / one_in_flight;
    }

    /// A choice of which the health layer has not heard.
    void leave_untold() noexcept { untold_.fetch_add(1, std::memory_order_relaxed); }
    /// How many of them there are; none any more.
    [[nodiscard]] std::uint32_t take_untold() noexcept {
        return untold_.load(std::memory_order_relaxed) == 0 ? 0 : untold_.exchange(0, std::memory_order_relaxed);
    }

    // Read with each choice, seldom written.
    std::atomic<bool> is_down = false;
    std::atomic<bool> is_watched = true; // the health layer wants to hear of each choice and how it ends
    // Under the core's lock; `core` stands from the first time that it is a member.
    std::shared_ptr<Core> core;
    slot where = {};
    bool is_member = false;

  private:
    static constexpr std::uint64_t one_holder = 1;
    static constexpr std::uint64_t one_in_flight = std::uint64_t{1} << 32U;

    std::atomic<std::uint32_t> untold_ = 0;
    alignas(cache_line) std::atomic<std::uint64_t> marks_ = one_holder; // own cache line: every choice writes it
};

} // namespace poise::detail

#endif
