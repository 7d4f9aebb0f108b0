// SPDX-License-Identifier: MIT
// shared_pool: a pool for many threads.
#ifndef POISE_SHARED_SHARED_POOL_HPP
#define POISE_SHARED_SHARED_POOL_HPP

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <poise/detail/cache_line.hpp>
#include <poise/detail/clock.hpp>
#include <poise/detail/draft.hpp>
#include <poise/detail/shared_core.hpp>
#include <poise/health/always_healthy.hpp>
#include <poise/lease.hpp>
#include <poise/selector.hpp>

namespace poise {

/// Chooses endpoints of your own type from many threads and hands them out as leases, which may end on any thread.
///
/// Each thread has a `handle`. A choice through it reads the membership that was published last, without a lock and
/// without writing what other threads read; it writes what the algorithm counts and one number of the chosen member. Every
/// function of the pool may be called from any thread; a change of the membership never blocks a choice, unless the
/// selector is `locked`: then each choice takes the pool's lock, and so do reports. Who is removed is not chosen by whoever
/// begins to choose after that, and its endpoint lives until its last lease and the last handle that may still choose it let
/// go of it: a handle does so with its next choice, or when it is parked.
///
/// A selector that is published is copied with each change of the membership. Tickets go on from the same counter; what is
/// in flight is counted by member, outside of it. A health layer is told under the pool's lock, of members of whom it is
/// not `calm` and of failures. The end of a lease waits for that lock; a choice does not: when the lock is taken, the layer
/// hears of the choice with what next happens to the member, at the latest the end of its lease, so that a member on trial
/// may get more than one choice meanwhile. While anybody is down, choices cost what an accept that is a predicate costs.
///
/// An accept is asked while a choice is made, perhaps under the lock, about a membership that its caller has not seen: let it
/// be of members (`[](const member&) { return true; }`), ids (`except`) or nothing but the slot itself, and let it not call the
/// pool or its handle. A pool that was moved from may only be assigned to or destroyed.
template <class Endpoint, selector Selector, health_layer Health = always_healthy>
    requires shareable_selector<Selector> || worker_selector<Selector>
class shared_pool : public detail::single_changes<Endpoint, shared_pool<Endpoint, Selector, Health>> {
    using core = detail::shared_core<Endpoint, Selector, Health>;
    using view = typename core::view;

  public:
    shared_pool()
        requires std::default_initializable<Selector>
        : shared_pool(Selector{}) {}
    explicit shared_pool(const Selector& selector, Health health = {})
        : core_(std::make_shared<core>(selector, std::move(health))) {}
    shared_pool(shared_pool&&) noexcept = default;
    shared_pool& operator=(shared_pool&& other) noexcept {
        shared_pool taken(std::move(other)); // and what this one was is gone with it
        std::swap(core_, taken.core_);
        return *this;
    }
    ~shared_pool() {
        if (core_) core_->close();
    }

    /// One thread's way to the pool: it may move to another thread between two calls, and may outlive the pool, which then
    /// has no members. What it gives of endpoints stands until its next call.
    class alignas(detail::cache_line) handle { // its worker is written with each choice
      public:
        /// Chooses an endpoint; empty when nobody is healthy, accepted and of weight above 0. Costs what the selector's
        /// `select` costs; allocates nothing. A load selector is given what is in flight, as it is when it is looked at.
        template <detail::pool_accept Accept = accept_all>
        [[nodiscard]] std::optional<lease<Endpoint>> acquire(const Accept& accept = {}) noexcept
            requires(!keyed_selector<Selector> || keyless_selector<Selector>)
        {
            return core_->acquire(views_, worker_, accept);
        }
        template <detail::pool_accept Accept = accept_all>
        [[nodiscard]] std::optional<lease<Endpoint>> acquire(key_hash key, const Accept& accept = {}) noexcept
            requires keyed_selector<Selector>
        {
            return core_->acquire(views_, worker_, accept, key);
        }

        /// The membership that the next choice would see.
        [[nodiscard]] std::span<const member> members() noexcept { return views_.read().members.members(); }
        /// The endpoint of the member with this id, if there is one.
        [[nodiscard]] std::optional<std::reference_wrapper<Endpoint>> find(std::uint64_t id) noexcept {
            return views_.read().find(id);
        }

        /// Lets go of memberships of the past, until the next call. For a thread that does something else for a while.
        void park() noexcept { views_.park(); }

      private:
        friend shared_pool;
        explicit handle(const std::shared_ptr<core>& of) : core_(of), views_(of->subscribe()), worker_(of->worker()) {}

        std::shared_ptr<core> core_;
        typename published<view>::handle views_;
        typename core::worker_type worker_;
    };
    /// For another thread. Takes the pool's lock.
    [[nodiscard]] handle subscribe() const { return handle(core_); }

    /// Several changes that take effect together. It lives as long as the function given to `change`.
    using draft = typename core::draft;

    /// Runs `edit(draft&)` on a copy of the membership and, if it returns, makes it the membership. `add`, `remove` and
    /// `set_weight` of the pool itself are one such change each. One thread at a time;
    /// `edit` must not change the pool itself. If anything throws, nothing has changed.
    template <class Edit>
    void change(Edit&& edit) {
        core_->change(std::forward<Edit>(edit));
    }

    /// Makes this the whole membership. A member whose id stays keeps its endpoint, its state and what is in flight;
    /// the endpoint given for it is dropped.
    void assign(std::vector<std::pair<Endpoint, member>> everyone) { core_->assign(std::move(everyone)); }

    [[nodiscard]] std::size_t size() const { return members().size(); }
    /// A copy: another thread may change the membership at any time.
    [[nodiscard]] std::vector<member> members() const { return core_->members(); }
    /// How many leases of this member are open; none for an id that no member has.
    [[nodiscard]] std::uint64_t in_flight(std::uint64_t id) const { return core_->in_flight(id); }
    /// How many memberships are kept: the latest, and those of handles that have not moved on.
    [[nodiscard]] std::size_t versions() const noexcept { return core_->versions(); }

    /// Tells the time to the health layer, and to a locked selector, to each that takes it in this type.
    template <class Now>
    void advance(const Now& now) noexcept
        requires detail::goes_by<typename core::reported, Health, Now>
    {
        core_->advance(now);
    }

  private:
    std::shared_ptr<core> core_;
};

} // namespace poise

#endif
