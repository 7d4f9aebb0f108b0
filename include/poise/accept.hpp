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

/// An accept that exposes the ids that it rejects: those tried before, in their order, where it is for a retry. It
/// rejects nobody else, unless it also asks an accept: `also(slot)`.
template <class Accept>
concept enumerable_accept = requires(const Accept& accept) {
    { accept.ids() } noexcept -> std::same_as<std::span<const std::uint64_t>>;
};

/// Says of each member whether it may be chosen: what pools take, too, for who does not know which slot is whose.
template <class Accept>
concept member_predicate = requires(const Accept& accept, const member& one) {
    { accept(one) } -> std::same_as<bool>;
};

/// Whether an accept that exposes ids takes a slot that is not among them.
template <enumerable_accept Accept>
[[nodiscard]] constexpr bool also_accepts(const Accept& accept, slot where) noexcept {
    if constexpr (requires { accept.also(where); }) {
        return accept.also(where);
    } else {
        return true;
    }
}

/// An accept that rejects nobody but the ids that it exposes.
template <class Accept>
concept listing_accept =
    enumerable_accept<Accept> && !requires(const Accept& accept, slot where) { accept.also(where); };

/// Everybody but the members with these ids, as far as `Also` accepts them; neither ids nor accept are copied.
///
/// It can be enumerated, so a selector pays for the rejected only, and it speaks of ids because slots move when
/// members come and go. Ids that are no member's are ignored. By itself it cannot judge a slot: Poise's selectors
/// and `pool` know the membership; your own selector gets it from `pool` already bound.
template <class Also>
class basic_except {
  public:
    constexpr explicit basic_except(std::span<const std::uint64_t> ids) noexcept
        requires std::same_as<Also, accept_all>
        : basic_except(ids, everybody) {}
    constexpr basic_except(std::span<const std::uint64_t> ids, const Also& also) noexcept : ids_(ids), also_(&also) {}

    [[nodiscard]] constexpr std::span<const std::uint64_t> ids() const noexcept { return ids_; }
    [[nodiscard]] constexpr bool also(slot where) const noexcept
        requires(!std::same_as<Also, accept_all>)
    {
        return (*also_)(where);
    }

    /// The same among those alone whom `accept` accepts: a retry among members that have limits, say.
    template <slot_predicate Accept>
    [[nodiscard]] constexpr basic_except<Accept> within(const Accept& accept) const noexcept
        requires std::same_as<Also, accept_all>
    {
        return {ids_, accept};
    }

    class bound;
    /// The same rejection as a predicate over the slots of `members`, still enumerable.
    [[nodiscard]] constexpr bound over(std::span<const member> members) const noexcept;

  private:
    static constexpr accept_all everybody{};

    std::span<const std::uint64_t> ids_;
    const Also* also_;
};

/// What a retry passes: `except(tried)`, or `except(tried).within(accept)`.
using except = basic_except<accept_all>;

/// It together with the membership whose slots it judges. Costs O(rejected) a question.
template <class Also>
class basic_except<Also>::bound : public basic_except {
  public:
    constexpr bound(const basic_except& unbound, std::span<const member> members) noexcept
        : basic_except(unbound),
          members_(members) {}

    [[nodiscard]] constexpr bool operator()(slot where) const noexcept {
        const auto rejected = this->ids();
        return std::ranges::find(rejected, members_[static_cast<std::size_t>(where)].id) == rejected.end() &&
               also_accepts(static_cast<const basic_except&>(*this), where);
    }

  private:
    std::span<const member> members_;
};

template <class Also>
constexpr basic_except<Also>::bound basic_except<Also>::over(std::span<const member> members) const noexcept {
    return {*this, members};
}

/// What the last parameter of `select` takes.
template <class Accept>
concept accept_rule = slot_predicate<Accept> || enumerable_accept<Accept>;

static_assert(listing_accept<except> && listing_accept<except::bound> && !listing_accept<accept_all>);
static_assert(accept_rule<except> && accept_rule<except::bound> && !slot_predicate<except>);
static_assert(!accept_rule<key_hash>, "a key is not an accept");

} // namespace poise

#endif
