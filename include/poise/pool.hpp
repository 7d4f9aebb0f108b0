// SPDX-License-Identifier: MIT
// pool: endpoints, one selector, one health layer, and what is in flight.
#ifndef POISE_POOL_HPP
#define POISE_POOL_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <unordered_set>
#include <utility>
#include <vector>

#include <poise/detail/clock.hpp>
#include <poise/detail/membership.hpp>
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
class pool final : private detail::lease_owner {
    using seat = detail::seat<Endpoint>;

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
    class draft {
      public:
        /// A new endpoint, under an id that no member has and that no earlier call of this kind gave; returns the id.
        std::uint64_t add(Endpoint endpoint, std::uint32_t weight = 1) {
            while (ids_.contains(next_id_)) ++next_id_;
            add(std::move(endpoint), member{.id = next_id_, .weight = weight});
            return next_id_++;
        }
        /// A new endpoint under your own id, such as `endpoint_id(host, port)`: the same on every machine.
        void add(Endpoint endpoint, member as) {
            ids_.insert(as.id);
            places_.push_back({as, std::make_shared<seat>(seat{.endpoint = std::move(endpoint), .id = as.id})});
        }
        /// Throws std::invalid_argument when no member has this id, as `set_weight` does. O(members) each.
        void remove(std::uint64_t id) { places_.erase(find(id)); }
        void set_weight(std::uint64_t id, std::uint32_t weight) { find(id)->as.weight = weight; }

      private:
        friend pool;
        struct place {
            member as;
            std::shared_ptr<seat> who;
        };

        explicit draft(std::uint64_t next_id) : next_id_(next_id) {}

        void keep(member as, const std::shared_ptr<seat>& who) {
            ids_.insert(as.id);
            places_.push_back({as, who});
        }
        [[nodiscard]] auto find(std::uint64_t id) {
            const auto found = std::ranges::find(places_, id, [](const place& p) { return p.as.id; });
            if (found == places_.end()) detail::invalid("pool", "member id", id, "the id of a member");
            return found;
        }

        std::vector<place> places_;
        std::unordered_set<std::uint64_t> ids_; // of the places, and of those removed
        std::uint64_t next_id_;
    };

    /// Runs `edit(draft&)` on a copy of the membership and, if it returns, makes it the membership.
    template <class Edit>
    void change(Edit&& edit) {
        draft edited(next_id_);
        for (std::size_t i = 0; i < size(); ++i) edited.keep(members()[i], seats_[i]);
        std::forward<Edit>(edit)(edited);
        commit(std::move(edited));
    }

    /// One change as one call: what `draft` has, with the same errors.
    std::uint64_t add(Endpoint endpoint, std::uint32_t weight = 1) {
        std::uint64_t id = 0;
        change([&](draft& d) { id = d.add(std::move(endpoint), weight); });
        return id;
    }
    void add(Endpoint endpoint, member as) {
        change([&](draft& d) { d.add(std::move(endpoint), as); });
    }
    void remove(std::uint64_t id) {
        change([&](draft& d) { d.remove(id); });
    }
    void set_weight(std::uint64_t id, std::uint32_t weight) {
        change([&](draft& d) { d.set_weight(id, weight); });
    }

    /// Makes this the whole membership. A member whose id stays keeps its endpoint, its state and what is in flight;
    /// the endpoint given for it is dropped.
    void assign(std::vector<std::pair<Endpoint, member>> everyone) {
        draft edited(next_id_);
        for (auto& [endpoint, as] : everyone) {
            if (const auto old = members_.find(as.id)) {
                edited.keep(as, seats_[detail::index_of(*old)]);
            } else {
                edited.add(std::move(endpoint), as);
            }
        }
        commit(std::move(edited));
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
    template <accept_rule Accept = accept_all>
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
    template <accept_rule Accept = accept_all>
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
    // A user's own selector asks an accept about slots, so `except` reaches it with the membership it is about.
    template <accept_rule Accept>
    [[nodiscard]] decltype(auto) bound(const Accept& accept) const noexcept {
        if constexpr (!slot_predicate<Accept> && requires { accept.over(members()); }) {
            return accept.over(members());
        } else {
            return (accept);
        }
    }

    [[nodiscard]] std::uint64_t in_flight(slot where) const noexcept {
        return seats_[detail::index_of(where)]->in_flight;
    }

    [[nodiscard]] std::optional<lease<Endpoint>> lease_of(std::optional<slot> chosen) noexcept {
        if (!chosen) return std::nullopt;
        std::optional<lease<Endpoint>> made(std::in_place, seats_[detail::index_of(*chosen)]);
        if constexpr (connection_counting_selector<Selector>) selector_.opened(*chosen);
        health_.selected(*chosen);
        apply_health(*chosen);
        return made;
    }

    void finished(slot where, outcome how) noexcept final {
        if constexpr (connection_counting_selector<Selector>) selector_.closed(where);
        if constexpr (failure_aware_selector<Selector>) {
            if (how == outcome::failure) failed(where);
        }
        if constexpr (requires { selector_.succeeded(where); }) {
            if (how == outcome::success) selector_.succeeded(where);
        }
        health_.finished(where, how);
        apply_health(where);
    }

    // In nginx what a failure costs depends on the member's own limit, which the health layer knows.
    void failed(slot where) noexcept {
        if constexpr (requires { selector_.failed(where, health_.max_fails(where)); }) {
            selector_.failed(where, health_.max_fails(where));
        } else {
            selector_.failed(where);
        }
    }

    void apply_health(slot where) noexcept {
        if (health_.healthy(where)) {
            selector_.enable(where);
        } else {
            selector_.disable(where);
        }
    }
    void apply_health() noexcept {
        for (std::size_t i = 0; i < size(); ++i) apply_health(detail::slot_at(i));
    }

    void commit(draft&& edited) {
        std::vector<member> everyone; // and of these the known: all but those removed and added again under the same id
        std::vector<member> known;
        std::vector<std::shared_ptr<seat>> seats;
        for (auto& [as, who] : edited.places_) {
            const auto old = members_.find(as.id);
            if (!old || seats_[detail::index_of(*old)] == who) known.push_back(as);
            everyone.push_back(as);
            seats.push_back(std::move(who));
        }
        detail::membership next(everyone, members_, "pool");
        Health health = health_;
        if (known.size() == everyone.size()) {
            health.assign(everyone);
            selector_.assign(everyone); // the last that may throw, and then it has changed nothing
        } else {
            // The others are somebody else now: what was learned or counted under their ids is forgotten first.
            Selector selector = selector_;
            for (const std::vector<member>& step : {std::cref(known), std::cref(everyone)}) {
                health.assign(step);
                selector.assign(step);
            }
            selector_ = std::move(selector);
        }
        own(seats_, nullptr);
        members_ = std::move(next);
        seats_ = std::move(seats);
        health_ = std::move(health);
        next_id_ = edited.next_id_;
        own(seats_, this);
        apply_health();
    }

    static void own(std::span<const std::shared_ptr<seat>> seats, detail::lease_owner* owner) noexcept {
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
    detail::membership members_;               // who is who; its bars are not used
    std::vector<std::shared_ptr<seat>> seats_; // in slot order
    std::uint64_t next_id_ = 0;
};

} // namespace poise

#endif
