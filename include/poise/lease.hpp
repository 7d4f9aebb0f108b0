// SPDX-License-Identifier: MIT
// lease: one choice, from its making to its outcome, counted exactly once.
#ifndef POISE_LEASE_HPP
#define POISE_LEASE_HPP

#include <cstdint>
#include <memory>
#include <utility>

#include <poise/health/health_layer.hpp>
#include <poise/member.hpp>

namespace poise {

namespace detail {

/// Who wants to hear how leases end. A pool is one.
class lease_owner {
  public:
    virtual void finished(slot where, outcome how) noexcept = 0;

  protected:
    lease_owner() = default;
    ~lease_owner() = default;
    lease_owner(const lease_owner&) = default;
    lease_owner& operator=(const lease_owner&) = default;
};

/// One incarnation of a member: its endpoint and what is in flight. Leases share it, so it outlives its pool.
template <class Endpoint>
struct seat {
    Endpoint endpoint;
    std::uint64_t id;
    std::uint64_t in_flight = 0;
    lease_owner* owner = nullptr; // none any more once the member or the pool is gone
    slot where = {};
};

} // namespace detail

/// One choice of an endpoint. Say how it ended with `finish`; forgotten, it ends as cancelled.
///
/// Move-only; it may outlive its pool and its member, and the endpoint lives at least as long. Its report reaches the
/// pool only while that member, in that incarnation, is still there. As little thread-safe as its pool.
template <class Endpoint>
class [[nodiscard]] lease {
  public:
    /// Made by `pool::acquire`.
    explicit lease(std::shared_ptr<detail::seat<Endpoint>> seat) noexcept : seat_(std::move(seat)) {
        ++seat_->in_flight;
    }
    lease(lease&& other) noexcept : seat_(std::move(other.seat_)), open_(std::exchange(other.open_, false)) {}
    lease& operator=(lease&& other) noexcept {
        if (this != &other) {
            finish(outcome::cancelled);
            seat_ = std::move(other.seat_);
            open_ = std::exchange(other.open_, false);
        }
        return *this;
    }
    ~lease() { finish(outcome::cancelled); }

    /// The chosen endpoint, also after `finish`. A lease that was moved from has none.
    [[nodiscard]] Endpoint& operator*() const noexcept { return seat_->endpoint; }
    [[nodiscard]] Endpoint* operator->() const noexcept { return &seat_->endpoint; }

    /// The chosen member's id: what goes into `except`.
    [[nodiscard]] std::uint64_t id() const noexcept { return seat_->id; }

    /// Ends the lease: the first report counts, all later ones do nothing. Allocates nothing.
    void finish(outcome how) noexcept {
        if (!std::exchange(open_, false)) return;
        --seat_->in_flight;
        if (seat_->owner != nullptr) seat_->owner->finished(seat_->where, how);
    }

  private:
    std::shared_ptr<detail::seat<Endpoint>> seat_;
    bool open_ = true;
};

} // namespace poise

#endif
