// SPDX-License-Identifier: MIT
// What an algorithm is: one concept for each kind, with its law in words, and the laws that a system breaks.
#ifndef POISE_SELECTOR_HPP
#define POISE_SELECTOR_HPP

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include <poise/accept.hpp>
#include <poise/member.hpp>

namespace poise {

/// An algorithm: it chooses a slot and knows nothing of sockets, clocks, locks, names or logs.
///
/// Law: `assign` takes the whole membership, is the only call that may allocate or throw, and gives the strong
/// guarantee; survivors keep their state by id, and the same span again changes no future selection. `disable` and
/// `enable` act as if every accept rejected the slot: its state stands still, and it survives `assign`. A slot that
/// the membership does not have is ignored. `reset` forgets rotation and what was learned; it keeps members, who is
/// down, and connection counts.
template <class S>
concept selector = std::copyable<S> && std::equality_comparable<S> &&
                   requires(S& s, const S& fixed, std::span<const member> members, slot where) {
                       s.assign(members);
                       { fixed.size() } noexcept -> std::same_as<std::size_t>;
                       { fixed.members() } noexcept -> std::same_as<std::span<const member>>;
                       { s.reset() } noexcept;
                       { s.disable(where) } noexcept;
                       { s.enable(where) } noexcept;
                   };

static_assert(!selector<int> && !selector<member>);

/// Chooses by its own state alone.
///
/// Law: empty exactly when no member is enabled, accepted and of weight above 0; O(members) at most.
template <class S>
concept keyless_selector = selector<S> && requires(S& s, accept_all accept) {
    { s.select() } noexcept -> std::same_as<std::optional<slot>>;
    { s.select(accept) } noexcept -> std::same_as<std::optional<slot>>;
};

/// Chooses by a request's key.
///
/// Law: as keyless_selector; and where `select` is const, a pure function of key and membership, the same on every
/// machine and in every order of the members.
template <class S>
concept keyed_selector = selector<S> && requires(S& s, key_hash key, accept_all accept) {
    { s.select(key) } noexcept -> std::same_as<std::optional<slot>>;
    { s.select(key, accept) } noexcept -> std::same_as<std::optional<slot>>;
} && !requires(S& s) { s.select(0U); };

/// Says how loaded a slot is, in any unit, as an unsigned integer. A bool is a predicate, hence no load.
template <class Load>
concept slot_load = requires(const Load& load, slot where) {
    { load(where) } -> std::unsigned_integral;
} && !slot_predicate<Load>;

static_assert(slot_load<unsigned (*)(slot)>);
static_assert(!slot_load<bool (*)(slot)>, "a bool predicate is not a load");
static_assert(!slot_load<int (*)(slot)>, "a load is never negative");
static_assert(!slot_load<double (*)(slot)>, "floating point differs between machines");

/// Chooses by a load that the caller brings.
///
/// Law: as keyless_selector; what "least" means is the caller's. An arbitrary load costs O(members).
template <class S>
concept load_selector = selector<S> && requires(S& s, unsigned (*load)(slot), accept_all accept) {
    { s.select(load) } noexcept -> std::same_as<std::optional<slot>>;
    { s.select(load, accept) } noexcept -> std::same_as<std::optional<slot>>;
} && !requires(S& s, bool (*predicate)(slot)) { s.select(predicate); };

/// Wants to hear of failures.
///
/// Law: `failed` makes the member at that slot no likelier to be chosen. `succeeded(slot)` is optional.
template <class S>
concept failure_aware_selector = selector<S> && requires(S& s, slot where) {
    { s.failed(where) } noexcept;
};

/// Counts connections itself.
///
/// Law: `opened` when a request is given to a member (or queued for it), `closed` once when it ends. Counts live by
/// id, are never negative and outlive every `assign` that keeps the member.
template <class S>
concept connection_counting_selector = selector<S> && requires(S& s, slot where) {
    { s.opened(where) } noexcept;
    { s.closed(where) } noexcept;
};

/// Goes by the time, of whatever type.
///
/// Law: `advance` alone tells the time, which never goes back; what has expired by then is forgotten.
template <class S, class Now>
concept timed_selector = selector<S> && requires(S& s, const Now& now) {
    { s.advance(now) } noexcept;
};

/// May be asked from many threads at once while nobody assigns, disables or enables.
///
/// Law: const means concurrent, as in the standard library; so `select` is const. What keys or loads choose writes
/// nothing; turns are taken from a number that all threads share.
template <class S>
concept shareable_selector =
    selector<S> && (requires(const S& s) { s.select(); } || requires(const S& s, key_hash key) { s.select(key); } ||
                    requires(const S& s, unsigned (*load)(slot)) { s.select(load); });

/// Chooses from many threads at once, while nobody assigns, disables or enables; each brings a state of its own, its
/// `worker`, in which are tickets or random numbers that it need not share.
///
/// Law: `worker_of` is told numbers from 0 on, one for each thread; a worker stays good whatever is assigned. `select`
/// chooses as that of other selectors, but may write what threads share, as far as the selector's own header says so.
template <class S>
concept worker_selector =
    selector<S> && requires(const S& s, std::uint64_t number) {
        typename S::worker;
        { s.worker_of(number) } noexcept -> std::same_as<typename S::worker>;
    } &&
    (requires(const S& s, typename S::worker& mine) { s.select(mine); } ||
     requires(const S& s, typename S::worker& mine, unsigned (*load)(slot)) { s.select(mine, load); });

static_assert(!worker_selector<int>);
static_assert(!keyless_selector<int> && !keyed_selector<int> && !load_selector<int>);
static_assert(!failure_aware_selector<int> && !connection_counting_selector<int> && !shareable_selector<int>);
static_assert(!timed_selector<int, int>);

/// The laws of DESIGN.md, by number.
enum class law {
    totality = 1,     ///< empty exactly when nobody is eligible
    zero_weight = 2,  ///< weight 0 is never selected
    survival = 3,     ///< state survives every `assign` by id
    fairness = 4,     ///< shares equal weights
    purity = 5,       ///< shareable and keyed: a pure function of key and membership
    fidelity = 6,     ///< a system's name means that system's choices
    conservation = 7, ///< a lease counts exactly once
};

/// One law that an algorithm breaks because the system it reproduces does.
struct law_exception {
    law broken;
    std::string_view what;   ///< what holds instead
    std::string_view source; ///< where that is written
};

/// The laws that `Selector` breaks: none, unless its own header says so. The typed law tests assert each exception.
template <class Selector>
inline constexpr std::array<law_exception, 0> law_exceptions{};

/// Whether `Selector` declares that it breaks this law.
template <class Selector>
[[nodiscard]] constexpr bool breaks(law which) noexcept {
    return std::ranges::find(law_exceptions<Selector>, which, &law_exception::broken) != law_exceptions<Selector>.end();
}

} // namespace poise

#endif
