// SPDX-License-Identifier: MIT
// locked: any selector from many threads, one after the other.
#ifndef POISE_SHARED_LOCKED_HPP
#define POISE_SHARED_LOCKED_HPP

#include <cstddef>
#include <mutex>
#include <span>
#include <utility>

#include <poise/selector.hpp>

namespace poise {

/// `Selector` behind a lock: exactly its choices, in the order in which threads come, and its cost and that of a mutex. For
/// all that remembers more than a ticket can tell: failures, connections by nginx's rule for ties, HAProxy's order.
///
/// Every call may be made from any thread at any time, `assign`, `disable` and reports too; only `members` gives what
/// stands until the next `assign`. In a `shared_pool` it is the pool's own lock that is taken.
template <selector Selector>
class locked {
  public:
    using unlocked = Selector;

    locked() = default;
    explicit locked(Selector chosen) : selector_(std::move(chosen)) {}
    locked(const locked& other) : selector_(other.copy()) {}
    locked(locked&& other) noexcept : selector_(other.take()) {}
    locked& operator=(locked other) noexcept {
        const std::lock_guard lock(mutex_);
        selector_ = std::move(other.selector_);
        return *this;
    }
    ~locked() = default;

    void assign(std::span<const member> members) {
        const std::lock_guard lock(mutex_);
        selector_.assign(members);
    }
    [[nodiscard]] std::size_t size() const noexcept {
        const std::lock_guard lock(mutex_);
        return selector_.size();
    }
    [[nodiscard]] std::span<const member> members() const noexcept {
        const std::lock_guard lock(mutex_);
        return selector_.members();
    }
    void reset() noexcept {
        const std::lock_guard lock(mutex_);
        selector_.reset();
    }
    void disable(slot where) const noexcept {
        const std::lock_guard lock(mutex_);
        selector_.disable(where);
    }
    void enable(slot where) const noexcept {
        const std::lock_guard lock(mutex_);
        selector_.enable(where);
    }

    /// What the selector's own `select` takes and gives.
    template <class... With>
        requires requires(Selector& s, const With&... with) { s.select(with...); }
    [[nodiscard]] auto select(const With&... with) const noexcept {
        const std::lock_guard lock(mutex_);
        return selector_.select(with...);
    }

    void failed(slot where) const noexcept
        requires failure_aware_selector<Selector>
    {
        const std::lock_guard lock(mutex_);
        selector_.failed(where);
    }
    void succeeded(slot where) const noexcept
        requires requires(Selector& s) { s.succeeded(where); }
    {
        const std::lock_guard lock(mutex_);
        selector_.succeeded(where);
    }
    void opened(slot where) const noexcept
        requires connection_counting_selector<Selector>
    {
        const std::lock_guard lock(mutex_);
        selector_.opened(where);
    }
    void closed(slot where) const noexcept
        requires connection_counting_selector<Selector>
    {
        const std::lock_guard lock(mutex_);
        selector_.closed(where);
    }
    template <class Now>
        requires timed_selector<Selector, Now>
    void advance(const Now& now) const noexcept {
        const std::lock_guard lock(mutex_);
        selector_.advance(now);
    }

    /// The selector as it is just now.
    [[nodiscard]] Selector copy() const {
        const std::lock_guard lock(mutex_);
        return selector_;
    }

    friend bool operator==(const locked& a, const locked& b) {
        if (&a == &b) return true;
        const std::scoped_lock lock(a.mutex_, b.mutex_);
        return a.selector_ == b.selector_;
    }

  private:
    [[nodiscard]] Selector take() noexcept {
        const std::lock_guard lock(mutex_);
        return std::move(selector_);
    }

    mutable std::mutex mutex_; // const means concurrent
    mutable Selector selector_;
};

/// Those of the selector.
template <class Selector>
inline constexpr auto law_exceptions<locked<Selector>> = law_exceptions<Selector>;

} // namespace poise

#endif
