// SPDX-License-Identifier: MIT
// What a shared_pool, its handles and its leases have in common.
#ifndef POISE_DETAIL_SHARED_CORE_HPP
#define POISE_DETAIL_SHARED_CORE_HPP

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include <poise/detail/accepts.hpp>
#include <poise/detail/draft.hpp>
#include <poise/detail/membership.hpp>
#include <poise/detail/reports.hpp>
#include <poise/detail/selector_kinds.hpp>
#include <poise/detail/shared_seat.hpp>
#include <poise/detail/shared_view.hpp>
#include <poise/lease.hpp>
#include <poise/selector.hpp>
#include <poise/shared/published.hpp>

namespace poise::detail {

template <class Endpoint, class Selector, class Health>
class shared_core : public std::enable_shared_from_this<shared_core<Endpoint, Selector, Health>> {
    using seat = shared_seat<Endpoint, shared_core>;
    using kept = kept_selector<Selector>;
    static constexpr bool has_lock = kept::is_locked;
    // A health layer without state has nothing to be told.
    static constexpr bool has_health = !std::is_empty_v<Health>;

  public:
    using reported = typename kept::reported;
    using worker_type = typename worker_for<Selector>::type;
    using view = shared_view<Endpoint, seat, Selector>;
    using draft = detail::draft<Endpoint, seat, shared_core>;

    shared_core(const Selector& selector, Health health)
        : health_(std::move(health)),
          selector_(kept::report_to(selector)),
          views_(nobody_by(selector)),
          own_(views_.subscribe()),
          empty_(published<view>::prepare(nobody_by(selector))) {}

    [[nodiscard]] auto subscribe() { return views_.subscribe(); }
    [[nodiscard]] worker_type worker() {
        const std::lock_guard lock(mutex_);
        if constexpr (worker_selector<Selector>) {
            return own_.read().selector.worker_of(next_worker_++);
        } else {
            return {};
        }
    }

    template <class Handle, class Accept, class... Key>
    [[nodiscard]] std::optional<lease<Endpoint>> acquire(Handle& views, worker_type& worker, const Accept& accept,
                                                         const Key&... key) noexcept {
        if constexpr (has_lock) {
            views.park(); // it chooses by the latest, and keeps nothing else alive
            const std::lock_guard lock(mutex_);
            const view& now = own_.read();
            if (now.seats.empty()) return std::nullopt; // and the selector of a pool that is gone still has members
            return leased(now, now.ask(selector_, worker, bound_to(now.members.members(), accept), key...));
        } else {
            const view& now = views.read();
            return leased(now, choose(now, worker, bound_to(now.members.members(), accept), key...));
        }
    }

    /// A lease has ended, which counted itself.
    void finished(seat& whose, outcome how) noexcept {
        if constexpr (!has_lock && !has_health) return;
        if (!has_lock && how != outcome::failure && !whose.is_watched.load(std::memory_order_relaxed)) return;
        const std::lock_guard lock(mutex_);
        if (!whose.is_member) return;
        hear(whose); // first, as it happened first
        report(selector_, health_, whose.where, how);
        if constexpr (has_health) apply_health(whose);
    }

    template <class Now>
    void advance(const Now& now) noexcept {
        const std::lock_guard lock(mutex_);
        if constexpr (timed_selector<reported, Now>) selector_.advance(now);
        if constexpr (timed_health_layer<Health, Now>) {
            if (!health_.advance(now)) return;
            for (const held<seat>& one : own_.read().seats) apply_health(*one);
        }
    }

    template <class Edit>
    void change(Edit&& edit) {
        unwanted left; // endpoints are destroyed when the locks are free: their destructors may use the pool
        std::optional<draft> edited;
        const std::lock_guard writers(writers_);
        const view& before = latest();
        edited.emplace(draft(next_id_, before.members.members(), before.seats));
        std::forward<Edit>(edit)(*edited);
        commit(*edited, before, left);
    }
    void assign(std::vector<std::pair<Endpoint, member>> everyone) {
        unwanted left;
        std::optional<draft> edited;
        const std::lock_guard writers(writers_);
        const view& before = latest();
        edited.emplace(draft(next_id_, everyone, before.members, before.seats));
        commit(*edited, before, left);
    }
    /// The pool is gone: nobody is a member any more.
    void close() noexcept {
        unwanted left;
        const std::lock_guard writers(writers_);
        const std::lock_guard lock(mutex_);
        for (const held<seat>& one : own_.read().seats) one->is_member = false;
        left.replaced = views_.publish(std::move(empty_));
        left.own = own_.park();
    }

    [[nodiscard]] std::vector<member> members() {
        const std::lock_guard lock(mutex_);
        const auto everyone = own_.read().members.members();
        return {everyone.begin(), everyone.end()};
    }
    [[nodiscard]] std::uint64_t in_flight(std::uint64_t id) {
        const std::lock_guard lock(mutex_);
        const view& now = own_.read();
        const auto where = now.members.find(id);
        return where ? now.in_flight(*where) : 0;
    }
    [[nodiscard]] std::size_t versions() const noexcept { return views_.versions(); }

  private:
    struct unwanted { // what nobody has any more, and what came to nothing
        typename published<view>::remains replaced;
        typename published<view>::remains own;
        edition<seat> edited;
        std::optional<view> next;
    };

    [[nodiscard]] static view nobody_by(const Selector& selector) {
        return view{.members = {}, .seats = {}, .selector = kept::show(selector)};
    }

    // Who is down is rejected, as if by the accept: the selector that is published stays as it is.
    template <class Accept, class... Key>
    [[nodiscard]] static std::optional<slot> choose(const view& now, worker_type& worker, const Accept& accept,
                                                    const Key&... key) noexcept {
        if constexpr (has_health) {
            if (now.down->load(std::memory_order_relaxed) > 0) {
                const auto is_up = [&now](slot where) {
                    return !now.seats[index_of(where)]->is_down.load(std::memory_order_relaxed);
                };
                return now.ask(now.selector, worker, accept_both(accept, is_up), key...);
            }
        }
        return now.ask(now.selector, worker, accept, key...);
    }
    [[nodiscard]] std::optional<lease<Endpoint>> leased(const view& now, std::optional<slot> chosen) noexcept {
        if (!chosen) return std::nullopt;
        seat& own = *now.seats[index_of(*chosen)];
        own.opened();
        if constexpr (has_lock) {
            if constexpr (connection_counting_selector<reported>) selector_.opened(*chosen);
            if constexpr (has_health) {
                health_.selected(*chosen);
                apply_health(own);
            }
        } else if constexpr (has_health) {
            if (own.is_watched.load(std::memory_order_relaxed)) selected(own);
        }
        return std::optional<lease<Endpoint>>(std::in_place, own);
    }
    // Who chooses does not wait: when the lock is taken, the layer hears of it with what next happens to the member.
    void selected(seat& whom) noexcept {
        whom.leave_untold();
        const std::unique_lock lock(mutex_, std::try_to_lock);
        if (lock && whom.is_member) apply_health(whom);
    }

    // All below under the lock.
    void hear(seat& of) noexcept {
        if constexpr (!has_lock && has_health) {
            for (auto choices = of.take_untold(); choices > 0; --choices) health_.selected(of.where);
        }
    }
    void apply_health(seat& whose) noexcept {
        if constexpr (has_lock) {
            detail::apply_health(selector_, health_, whose.where);
        } else if constexpr (has_health) {
            hear(whose);
            set_down(whose, !health_.healthy(whose.where));
            if constexpr (requires { health_.calm(whose.where); }) {
                whose.is_watched.store(!health_.calm(whose.where), std::memory_order_relaxed);
            }
        }
    }
    void set_down(seat& whose, bool down) noexcept {
        if (whose.is_down.load(std::memory_order_relaxed) == down) return;
        whose.is_down.store(down, std::memory_order_relaxed);
        down ? ++*own_.read().down : --*own_.read().down;
    }

    // What the writers may look at: nobody else replaces it.
    [[nodiscard]] const view& latest() noexcept {
        const std::lock_guard lock(mutex_);
        return own_.read();
    }
    void commit(draft& edited, const view& before, unwanted& left) {
        const std::uint64_t next_id = edited.next_id_;
        edition<seat>& now = left.edited = std::move(edited).finished(before.members, before.seats);
        membership everyone(now.everyone, before.members, "shared_pool");
        view& next = left.next.emplace(std::move(everyone), std::move(now.seats), before.selector);
        now.assign_to(next.selector); // while others choose
        if constexpr (requires { next.selector.succeed(before.selector); }) next.selector.succeed(before.selector);
        for (const held<seat>& one : next.seats) {
            if (!one->core) one->core = this->shared_from_this();
        }
        const std::lock_guard lock(mutex_);
        Health health = health_;
        reported selector = selector_;
        now.assign_to(health);
        now.assign_to(selector);
        *next.down = down_at_first(health, next.seats);         // before anybody can choose among them
        auto ready = published<view>::prepare(std::move(next)); // the last that may throw
        left.replaced = views_.publish(std::move(ready));       // own_ still has the one before
        for (const held<seat>& one : before.seats) one->is_member = false;
        health_ = std::move(health);
        selector_ = std::move(selector);
        next_id_ = next_id;
        left.own = own_.park();
        settle(own_.read().seats);
    }
    // Who joins is as healthy as the layer says, before anybody can choose it.
    [[nodiscard]] static std::uint32_t down_at_first(const Health& health,
                                                     const std::vector<held<seat>>& seats) noexcept {
        std::uint32_t down = 0;
        for (std::size_t i = 0; has_health && i < seats.size(); ++i) {
            if (!seats[i]->is_member) seats[i]->is_down = !health.healthy(slot_at(i));
            down += seats[i]->is_down ? 1U : 0U;
        }
        return down;
    }
    void settle(const std::vector<held<seat>>& seats) noexcept {
        for (std::size_t i = 0; i < seats.size(); ++i) {
            seats[i]->where = slot_at(i);
            seats[i]->is_member = true;
            apply_health(*seats[i]);
        }
    }

    std::mutex writers_; // one changes the membership at a time
    std::mutex mutex_;   // for all below
    Health health_;
    reported selector_;
    published<view> views_; // published under both locks
    typename published<view>::handle own_;
    typename published<view>::prepared empty_; // for the end, when memory may have ended
    std::uint64_t next_id_ = 0;
    std::uint64_t next_worker_ = 0;
};

} // namespace poise::detail

#endif
