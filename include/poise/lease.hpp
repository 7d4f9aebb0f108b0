// SPDX-License-Identifier: MIT
// lease: one choice, from its making to its outcome, counted exactly once.
#ifndef POISE_LEASE_HPP
#define POISE_LEASE_HPP

#include <cstdint>
#include <utility>

#include <poise/detail/seat.hpp>
#include <poise/health/health_layer.hpp>
#include <poise/member.hpp>

namespace poise {

/// One choice of an endpoint. Say how it ended with `finish`; forgotten, it ends as cancelled.
///
/// Move-only; it may outlive its pool and its member, and the endpoint lives at least as long. Its report reaches the
/// pool only while that member, in that incarnation, is still there. A lease is for one thread at a time; of a `pool`
/// for that pool's thread, of a `shared_pool` for any.
template <class Endpoint>
class [[nodiscard]] lease {
  public:
    /// Made by a pool, which has counted the choice and holds the seat for it.
    explicit lease(detail::seat<Endpoint>& chosen) noexcept : seat_(&chosen) {}
    lease(lease&& other) noexcept
        : seat_(std::exchange(other.seat_, nullptr)),
          open_(std::exchange(other.open_, false)) {}
    lease& operator=(lease&& other) noexcept {
        if (this != &other) {
            end();
            seat_ = std::exchange(other.seat_, nullptr);
            open_ = std::exchange(other.open_, false);
        }
        return *this;
    }
    ~lease() { end(); }

    /// The chosen endpoint, also after `finish`. A lease that was moved from has none.
    [[nodiscard]] Endpoint& operator*() const noexcept { return seat_->endpoint; }
    [[nodiscard]] Endpoint* operator->() const noexcept { return &seat_->endpoint; }

    /// The chosen member's id: what goes into `except`.
    [[nodiscard]] std::uint64_t id() const noexcept { return seat_->id; }

    /// Ends the lease: the first report counts, all later ones do nothing. Allocates nothing.
    void finish(outcome how) noexcept {
        if (std::exchange(open_, false)) seat_->finished(how);
    }

  private:
    void end() noexcept {
        finish(outcome::cancelled);
        if (seat_ != nullptr) std::exchange(seat_, nullptr)->let_go();
    }

    detail::seat<Endpoint>* seat_;
    bool open_ = true;
};

} // namespace poise

#endif
