// SPDX-License-Identifier: MIT
// accept: who may be chosen this once. Retries, subsets, zones and tags are all an accept.
#ifndef POISE_ACCEPT_HPP
#define POISE_ACCEPT_HPP

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

#include <poise/member.hpp>

namespace poise {

/// Everybody may be chosen.
struct accept_all {
    constexpr bool operator()(slot) const noexcept { return true; }
};

/// Says of each slot whether it may be chosen. Exactly bool: a number that converts is a load by mistake.
/// A selector may ask in any order and more than once; the answer must not change within one selection.
template <class Accept>
concept slot_predicate = requires(const Accept& accept, slot where) {
    { accept(where) } -> std::same_as<bool>;
};

static_assert(slot_predicate<accept_all>);
static_assert(!slot_predicate<unsigned (*)(slot)>, "a load is not an accept");
static_assert(!slot_predicate<bool (*)(std::uint64_t)>, "an accept is asked about a slot, not about an id");

/// Everybody but the members with these ids: what a retry passes. The ids are not copied.
///
/// It can be enumerated, so a selector pays for the rejected only, and it speaks of ids because slots move when
/// members come and go. Ids that are no member's are ignored. By itself it cannot judge a slot: Poise's selectors
/// and `pool` know the membership; your own selector gets it from `pool` already bound.
class except {
  public:
    constexpr explicit except(std::span<const std::uint64_t> ids) noexcept : ids_(ids) {}

    [[nodiscard]] constexpr std::span<const std::uint64_t> ids() const noexcept { return ids_; }

    class bound;
    /// The same rejection as a predicate over the slots of `members`, still enumerable.
    [[nodiscard]] constexpr bound over(std::span<const member> members) const noexcept;

  private:
    std::span<const std::uint64_t> ids_;
};

/// `except` together with the membership whose slots it judges. Costs O(rejected) a question.
class except::bound {
  public:
    constexpr bound(std::span<const std::uint64_t> ids, std::span<const member> members) noexcept
        : ids_(ids),
          members_(members) {}

    [[nodiscard]] constexpr std::span<const std::uint64_t> ids() const noexcept { return ids_; }
    [[nodiscard]] constexpr bool operator()(slot where) const noexcept {
        return std::ranges::find(ids_, members_[static_cast<std::size_t>(where)].id) == ids_.end();
    }

  private:
    std::span<const std::uint64_t> ids_;
    std::span<const member> members_;
};

constexpr except::bound except::over(std::span<const member> members) const noexcept {
    return {ids_, members};
}

/// An accept that exposes the ids that it rejects, and rejects nobody else.
template <class Accept>
concept enumerable_accept = requires(const Accept& accept) {
    { accept.ids() } noexcept -> std::same_as<std::span<const std::uint64_t>>;
};

/// What the last parameter of `select` takes.
template <class Accept>
concept accept_rule = slot_predicate<Accept> || enumerable_accept<Accept>;

static_assert(accept_rule<except> && accept_rule<except::bound> && !slot_predicate<except>);
static_assert(!accept_rule<key_hash>, "a key is not an accept");

} // namespace poise

#endif
