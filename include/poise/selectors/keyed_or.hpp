// SPDX-License-Identifier: MIT
// Does:    chooses by the key when there is one, else by another selector, or by turns over the table or ring itself.
// Cost:    that of whichever is asked; the memory of both.
// Use:     when some requests have no key: no cookie, no such parameter, no such header.
// Shared:  no, whatever the keyed selector is: the choice without a key moves.
// Source:  HAProxy, src/backend.c: round robin when the hashed parameter is not found.
#ifndef POISE_SELECTORS_KEYED_OR_HPP
#define POISE_SELECTORS_KEYED_OR_HPP

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <poise/selector.hpp>

namespace poise {

/// A keyed selector with positions: a table, a ring.
///
/// Law: `next` gives the first position from the one given on, around all, whose member may be chosen, and `at` that
/// position's member; a position past the last counts on around them.
template <class S>
concept positional_selector = keyed_selector<S> && requires(const S& s, std::size_t position, accept_all accept) {
    { s.positions() } noexcept -> std::same_as<std::size_t>;
    { s.next(position, accept) } noexcept -> std::same_as<std::optional<std::size_t>>;
    { s.at(position, accept) } noexcept -> std::same_as<std::optional<slot>>;
};

/// The fallback of HAProxy: the positions of the table or ring in turn, so shares are those of its keys.
///
/// After a change of the membership it goes on at the same number in a table, or at the first when that is past the
/// last; in a ring behind the point that it had passed last, or, when that is gone, behind the next that is not. A
/// member that becomes heavier than it has ever been loses all points and gets them anew, as HAProxy makes room for it.
class cursor {
  public:
    /// `before` gives way to `now`. Memory may end; nothing has changed then.
    template <positional_selector Keyed>
    constexpr void moved(const Keyed& before, const Keyed& now) {
        if constexpr (requires { now.resumed(turn_, before, [](std::uint64_t) { return true; }); }) {
            std::vector<member> heaviest(now.members().begin(), now.members().end());
            std::ranges::sort(heaviest, {}, &member::id);
            std::vector<std::uint64_t> anew;
            for (member& m : heaviest) {
                const auto was = std::ranges::lower_bound(heaviest_, m.id, {}, &member::id);
                if (was == heaviest_.end() || was->id != m.id) continue;
                if (m.weight > was->weight) anew.push_back(m.id);
                m.weight = std::max(m.weight, was->weight);
            }
            turn_ =
                now.resumed(turn_, before, [&anew](std::uint64_t id) { return std::ranges::binary_search(anew, id); });
            heaviest_ = std::move(heaviest);
        }
    }
    /// As it was with a new `keyed`.
    template <positional_selector Keyed>
    constexpr void reset(const Keyed& keyed) noexcept {
        turn_ = 0;
        for (const member& m : keyed.members()) {
            const auto found = std::ranges::lower_bound(heaviest_, m.id, {}, &member::id);
            if (found != heaviest_.end() && found->id == m.id) found->weight = m.weight;
        }
    }

    template <positional_selector Keyed, accept_rule Accept>
    [[nodiscard]] constexpr std::optional<slot> select(const Keyed& keyed, const Accept& accept) noexcept {
        const std::size_t positions = keyed.positions();
        if (positions == 0) return std::nullopt;
        if (turn_ >= positions) turn_ = 0;
        const auto found = keyed.next(turn_, accept);
        if (!found) return std::nullopt;
        turn_ = *found + 1; // past the last it stays, as in HAProxy: a position may have come by the next time
        return keyed.at(*found, accept);
    }

    friend constexpr bool operator==(const cursor&, const cursor&) = default;

  private:
    std::size_t turn_ = 0;         // how many positions it has passed
    std::vector<member> heaviest_; // of a ring's members, by id: each as heavy as it has ever been
};

template <>
inline constexpr std::array law_exceptions<cursor>{
    law_exception{law::survival, "a changed membership has other positions, and the turn goes on at one of those",
                  "HAProxy: map_get_server_rr, chash_get_next_server"}};

/// Who chooses when there is no key.
template <class F, class Keyed>
concept fallback_for = keyless_selector<F> || (std::same_as<F, cursor> && positional_selector<Keyed>);

/// Keyed when it is given a key, keyless when it is not. What happens to members, connections and failures reaches
/// both.
template <keyed_selector Keyed, fallback_for<Keyed> Fallback = cursor>
class keyed_or {
    static constexpr bool by_turns = std::same_as<Fallback, cursor>;

  public:
    keyed_or() = default;
    constexpr explicit keyed_or(Keyed keyed, Fallback fallback = Fallback())
        : keyed_(std::move(keyed)),
          fallback_(std::move(fallback)) {}

    /// Takes the whole membership. Throws what either of the two throws; nothing has changed then.
    constexpr void assign(std::span<const member> members) {
        if constexpr (by_turns) {
            Keyed next = keyed_;
            next.assign(members);
            Fallback fallback = fallback_;
            fallback.moved(keyed_, next);
            keyed_ = std::move(next);
            fallback_ = std::move(fallback);
        } else {
            Fallback fallback = fallback_;
            fallback.assign(members);
            keyed_.assign(members);
            fallback_ = std::move(fallback);
        }
    }

    [[nodiscard]] constexpr std::size_t size() const noexcept { return keyed_.size(); }
    [[nodiscard]] constexpr std::span<const member> members() const noexcept { return keyed_.members(); }
    [[nodiscard]] constexpr const Keyed& keyed() const noexcept { return keyed_; }
    [[nodiscard]] constexpr const Fallback& fallback() const noexcept { return fallback_; }

    constexpr void reset() noexcept {
        keyed_.reset();
        if constexpr (by_turns) {
            fallback_.reset(keyed_);
        } else {
            fallback_.reset();
        }
    }
    constexpr void disable(slot where) noexcept {
        keyed_.disable(where);
        if constexpr (!by_turns) fallback_.disable(where);
    }
    constexpr void enable(slot where) noexcept {
        keyed_.enable(where);
        if constexpr (!by_turns) fallback_.enable(where);
    }

    /// What the keyed selector chooses.
    template <accept_rule Accept = accept_all>
    [[nodiscard]] constexpr std::optional<slot> select(key_hash key, const Accept& accept = {}) noexcept {
        return keyed_.select(key, accept);
    }
    /// What the fallback chooses.
    template <accept_rule Accept = accept_all>
    [[nodiscard]] constexpr std::optional<slot> select(const Accept& accept = {}) noexcept {
        if constexpr (by_turns) {
            return fallback_.select(keyed_, accept);
        } else {
            return fallback_.select(accept);
        }
    }
    /// By the key if there is one.
    template <accept_rule Accept = accept_all>
    [[nodiscard]] constexpr std::optional<slot> select(std::optional<key_hash> key,
                                                       const Accept& accept = {}) noexcept {
        return key ? select(*key, accept) : select(accept);
    }

    constexpr void failed(slot where) noexcept
        requires failure_aware_selector<Keyed> || failure_aware_selector<Fallback>
    {
        if constexpr (failure_aware_selector<Keyed>) keyed_.failed(where);
        if constexpr (failure_aware_selector<Fallback>) fallback_.failed(where);
    }
    /// Who does not ask how many failures are too many hears of the failure alone.
    constexpr void failed(slot where, std::uint32_t max_fails) noexcept
        requires requires(Keyed& keyed) { keyed.failed(where, max_fails); } ||
                 requires(Fallback& fallback) { fallback.failed(where, max_fails); }
    {
        const auto tell = [where, max_fails](auto& told) {
            if constexpr (requires { told.failed(where, max_fails); }) {
                told.failed(where, max_fails);
            } else if constexpr (requires { told.failed(where); }) {
                told.failed(where);
            }
        };
        tell(keyed_);
        tell(fallback_);
    }
    constexpr void succeeded(slot where) noexcept
        requires requires(Keyed& keyed) { keyed.succeeded(where); } ||
                 requires(Fallback& fallback) { fallback.succeeded(where); }
    {
        if constexpr (requires { keyed_.succeeded(where); }) keyed_.succeeded(where);
        if constexpr (requires { fallback_.succeeded(where); }) fallback_.succeeded(where);
    }
    constexpr void opened(slot where) noexcept
        requires connection_counting_selector<Keyed> || connection_counting_selector<Fallback>
    {
        if constexpr (connection_counting_selector<Keyed>) keyed_.opened(where);
        if constexpr (connection_counting_selector<Fallback>) fallback_.opened(where);
    }
    constexpr void closed(slot where) noexcept
        requires connection_counting_selector<Keyed> || connection_counting_selector<Fallback>
    {
        if constexpr (connection_counting_selector<Keyed>) keyed_.closed(where);
        if constexpr (connection_counting_selector<Fallback>) fallback_.closed(where);
    }
    template <class Now>
    constexpr void advance(const Now& now) noexcept
        requires timed_selector<Keyed, Now> || timed_selector<Fallback, Now>
    {
        if constexpr (timed_selector<Keyed, Now>) keyed_.advance(now);
        if constexpr (timed_selector<Fallback, Now>) fallback_.advance(now);
    }
    [[nodiscard]] constexpr std::uint64_t fingerprint() const noexcept
        requires requires(const Keyed& keyed) { keyed.fingerprint(); }
    {
        return keyed_.fingerprint();
    }

    friend bool operator==(const keyed_or&, const keyed_or&) = default;

  private:
    Keyed keyed_{};
    Fallback fallback_{};
};

/// Those of both: the keyed selector's with a key, the fallback's without.
template <class Keyed, class Fallback>
inline constexpr auto law_exceptions<keyed_or<Keyed, Fallback>> = [] {
    constexpr auto keyed = law_exceptions<Keyed>;
    constexpr auto keyless = law_exceptions<Fallback>;
    std::array<law_exception, keyed.size() + keyless.size()> both{};
    std::ranges::copy(keyless, std::ranges::copy(keyed, both.begin()).out);
    return both;
}();

} // namespace poise

#endif
