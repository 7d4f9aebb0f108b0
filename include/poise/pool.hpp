// SPDX-License-Identifier: MIT
// pool: endpoints, one selector, one health layer, and what is in flight.
#ifndef POISE_POOL_HPP
#define POISE_POOL_HPP

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include <poise/detail/accepts.hpp>
#include <poise/detail/clock.hpp>
#include <poise/detail/draft.hpp>
#include <poise/detail/membership.hpp>
#include <poise/detail/reports.hpp>
#include <poise/detail/seat.hpp>
#include <poise/health/always_healthy.hpp>
#include <poise/lease.hpp>
#include <poise/selector.hpp>

namespace poise {

/// Chooses endpoints of your own type by any selector and hands them out as leases.
///
/// Endpoints stay at one address as long as they are members or leased. Every change of the membership is one
/// `assign` of the selector, O(members log members), with the strong guarantee: if it throws, nothing has changed.
/// (Only a change that removes an id and adds it again takes two, of a copy: who comes back is somebody else.)
/// For one thread. A pool may be moved, also while leases are open.
template <class Endpoint, selector Selector, health_layer Health = always_healthy>
class pool : public detail::single_changes<Endpoint, pool<Endpoint, Selector, Health>> {
    class seat;

  public:
    explicit pool(Selector selector = {}, Health health = {})
        : selector_(std::move(selector)),
          health_(std::move(health)) {}
    pool(pool&& other) noexcept { swap(other); }
    pool& operator=(pool&& other) noexcept {
        pool(std::move(other)).swap(*this);
        return *this;
    }
    ~pool() { own(seats_, nullptr); }

    /// Several changes that take effect together. It lives as long as the function given to `change`.
    using draft = detail::draft<Endpoint, seat, pool>;

    /// Runs `edit(draft&)` on a copy of the membership and, if it returns, makes it the membership. `add`, `remove` and
    /// `set_weight` of the pool itself are one such change each.
    template <class Edit>
    void change(Edit&& edit) {
        draft edited(next_id_, members(), seats_);
        std::forward<Edit>(edit)(edited);
        commit(std::move(edited));
    }

    /// Makes this the whole membership. A member whose id stays keeps its endpoint, its state and what is in flight;
    /// the endpoint given for it is dropped.
    void assign(std::vector<std::pair<Endpoint, member>> everyone) {
        commit(draft(next_id_, everyone, members_, seats_));
    }

    [[nodiscard]] std::size_t size() const noexcept { return members_.size(); }
    [[nodiscard]] std::span<const member> members() const noexcept { return members_.members(); }
    [[nodiscard]] const Selector& selector() const noexcept { return selector_; }
    [[nodiscard]] const Health& health() const noexcept { return health_; }

    /// The endpoint of the member with this id, if there is one; valid until the member is removed.
    [[nodiscard]] std::optional<std::reference_wrapper<Endpoint>> find(std::uint64_t id) const noexcept {
        const auto where = members_.find(id);
        if (!where) return std::nullopt;
        return std::ref(seats_[detail::index_of(*where)]->endpoint);
    }

    /// How many leases of this member are open; none for an id that no member has.
    [[nodiscard]] std::uint64_t in_flight(std::uint64_t id) const noexcept {
        const auto where = members_.find(id);
        return where ? in_flight(*where) : 0;
    }

    /// Chooses an endpoint; empty when nobody is healthy, accepted and of weight above 0. Costs what the selector's
    /// `select` costs; allocates nothing. A load selector is given what is in flight.
    template <detail::pool_accept Accept = accept_all>
    [[nodiscard]] std::optional<lease<Endpoint>> acquire(const Accept& accept = {}) noexcept
        requires keyless_selector<Selector> || load_selector<Selector>
    {
        if constexpr (keyless_selector<Selector>) {
            return lease_of(selector_.select(bound(accept)));
        } else {
            const auto load = [this](slot where) {
                return in_flight(where);
            };
            return lease_of(selector_.select(load, bound(accept)));
        }
    }
    template <detail::pool_accept Accept = accept_all>
    [[nodiscard]] std::optional<lease<Endpoint>> acquire(key_hash key, const Accept& accept = {}) noexcept
        requires keyed_selector<Selector>
    {
        return lease_of(selector_.select(key, bound(accept)));
    }

    /// Tells the time to the selector and to the health layer, to each that takes it in this type: the pool's only
    /// clock. It does not compile when nobody does who has a clock.
    template <class Now>
    void advance(const Now& now) noexcept
        requires detail::goes_by<Selector, Health, Now>
    {
        if constexpr (timed_selector<Selector, Now>) selector_.advance(now);
        if constexpr (timed_health_layer<Health, Now>) {
            if (health_.advance(now)) apply_health();
        }
    }

  private:
    class seat final : public detail::seat<Endpoint> {
      public:
        using detail::seat<Endpoint>::seat;

        void opened() noexcept {
            hold();
            ++in_flight_;
        }
        void finished(outcome how) noexcept override {
            --in_flight_;
            if (owner != nullptr) owner->finished(where, how);
        }
        void hold() noexcept { ++holders_; }
        void let_go() noexcept override {
            if (--holders_ == 0) delete this;
        }
        [[nodiscard]] std::uint64_t in_flight() const noexcept { return in_flight_; }

        pool* owner = nullptr; // none any more once the member or the pool is gone
        slot where = {};

      private:
        std::uint64_t in_flight_ = 0;
        std::uint64_t holders_ = 1;
    };

    template <detail::pool_accept Accept>
    [[nodiscard]] decltype(auto) bound(const Accept& accept) const noexcept {
        return detail::bound_to(members(), accept);
    }

    [[nodiscard]] std::uint64_t in_flight(slot where) const noexcept {
        return seats_[detail::index_of(where)]->in_flight();
    }

    [[nodiscard]] std::optional<lease<Endpoint>> lease_of(std::optional<slot> chosen) noexcept {
        if (!chosen) return std::nullopt;
        seat& own = *seats_[detail::index_of(*chosen)];
        own.opened();
        std::optional<lease<Endpoint>> made(std::in_place, own);
        if constexpr (connection_counting_selector<Selector>) selector_.opened(*chosen);
        health_.selected(*chosen);
        apply_health(*chosen);
        return made;
    }

    void finished(slot where, outcome how) noexcept {
        detail::report(selector_, health_, where, how);
        apply_health(where);
    }

    // What happens to a member changes its health alone, and not that of a layer without state.
    void apply_health(slot where) noexcept {
        if constexpr (!std::is_empty_v<Health>) detail::apply_health(selector_, health_, where);
    }
    void apply_health() noexcept {
        for (std::size_t i = 0; i < size(); ++i) detail::apply_health(selector_, health_, detail::slot_at(i));
    }

    void commit(draft&& edited) {
        const std::uint64_t next_id = edited.next_id_;
        detail::edition<seat> now = std::move(edited).finished(members_, seats_);
        detail::membership next(now.everyone, members_, "pool");
        Health health = health_;
        now.assign_to(health);
        now.assign_to(selector_); // the last that may throw
        health_ = std::move(health);
        own(seats_, nullptr);
        members_ = std::move(next);
        seats_ = std::move(now.seats);
        next_id_ = next_id;
        own(seats_, this);
        apply_health();
    }

    static void own(std::span<const detail::held<seat>> seats, pool* owner) noexcept {
        for (std::size_t i = 0; i < seats.size(); ++i) {
            seats[i]->owner = owner;
            seats[i]->where = detail::slot_at(i);
        }
    }

    void swap(pool& other) noexcept {
        std::swap(selector_, other.selector_);
        std::swap(health_, other.health_);
        std::swap(members_, other.members_);
        std::swap(seats_, other.seats_);
        std::swap(next_id_, other.next_id_);
        own(seats_, this);
        own(other.seats_, &other);
    }

    Selector selector_{};
    Health health_{};
    detail::membership members_;            // who is who; its bars are not used
    std::vector<detail::held<seat>> seats_; // in slot order
    std::uint64_t next_id_ = 0;
};

} // namespace poise

#endif
