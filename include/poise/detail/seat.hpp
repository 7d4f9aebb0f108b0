// SPDX-License-Identifier: MIT
// What a lease holds on to, and how long it lives.
#ifndef POISE_DETAIL_SEAT_HPP
#define POISE_DETAIL_SEAT_HPP

#include <cstdint>
#include <utility>

#include <poise/health/health_layer.hpp>

namespace poise::detail {

/// One incarnation of a member: its endpoint. Each kind of pool has its own kind, which counts in its own way what is in
/// flight and who holds it; the last to let go of it deletes it. So it outlives its pool.
template <class Endpoint>
class seat {
  public:
    seat(Endpoint made, std::uint64_t of) : endpoint(std::move(made)), id(of) {}
    seat(const seat&) = delete;
    seat& operator=(const seat&) = delete;

    /// A choice of it has ended.
    virtual void finished(outcome how) noexcept = 0;
    /// A holder lets go.
    virtual void let_go() noexcept = 0;

    Endpoint endpoint;
    const std::uint64_t id;

  protected:
    ~seat() = default;
};

/// A holder of a seat of some kind, which may be none.
template <class Seat>
class held {
  public:
    held() = default;
    /// Takes over the hold with which a seat begins.
    explicit held(Seat* fresh) noexcept : seat_(fresh) {}
    held(const held& other) noexcept : seat_(other.seat_) {
        if (seat_ != nullptr) seat_->hold();
    }
    held(held&& other) noexcept : seat_(std::exchange(other.seat_, nullptr)) {}
    held& operator=(held other) noexcept {
        std::swap(seat_, other.seat_);
        return *this;
    }
    ~held() {
        if (seat_ != nullptr) seat_->let_go();
    }

    [[nodiscard]] Seat& operator*() const noexcept { return *seat_; }
    [[nodiscard]] Seat* operator->() const noexcept { return seat_; }

    friend bool operator==(const held&, const held&) = default;

  private:
    Seat* seat_ = nullptr;
};

} // namespace poise::detail

#endif
