// SPDX-License-Identifier: MIT
// Does:    a key goes to one of as many columns as there are members, each of which two members share: the alias method.
// Cost:    select O(1), past members that may not be chosen O(members); 45 bytes a member, whatever its weight.
// Use:     for shares by weight at once, however large weights are: random draws; a changed membership moves most keys.
// Shared:  yes.
// Source:  A. J. Walker, "An efficient method for generating discrete random variables with general distributions", ACM TOMS
//          3 (1977); M. D. Vose, "A linear algorithm for generating random numbers with a given distribution", IEEE TSE 17
//          (1991).
#ifndef POISE_SELECTORS_ALIAS_TABLE_HPP
#define POISE_SELECTORS_ALIAS_TABLE_HPP

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <poise/detail/fingerprint.hpp>
#include <poise/detail/membership.hpp>
#include <poise/detail/select_if.hpp>
#include <poise/detail/wide_multiply.hpp>
#include <poise/selector.hpp>

namespace poise {

/// Keys by weight in one step, for any number of members and any weights, to a 2^32nd of a column. It goes by ids, so it is the same in every order
/// of the members.
class alias_table {
  public:
    /// Takes the whole membership. O(members log members). Throws std::invalid_argument on a duplicate id; nothing has
    /// changed then.
    constexpr void assign(std::span<const member> members) {
        detail::membership next(members, members_, "alias_table");
        columns_ = columns_of(next);
        members_ = std::move(next);
    }

    [[nodiscard]] constexpr std::size_t size() const noexcept { return members_.size(); }
    [[nodiscard]] constexpr std::span<const member> members() const noexcept { return members_.members(); }

    constexpr void reset() noexcept {}
    constexpr void disable(slot where) noexcept { members_.disable(where); }
    constexpr void enable(slot where) noexcept { members_.enable(where); }

    /// The member that has that key's part of that key's column; if it may not be chosen, the same with other keys made of
    /// this one; after 32 more of them than there are members, the owner of a column behind it. Empty when nobody may be chosen.
    template <accept_rule Accept = accept_all>
    [[nodiscard]] constexpr std::optional<slot> select(key_hash key, const Accept& accept = {}) const noexcept {
        return detail::choice(owner(static_cast<std::uint64_t>(key), accept));
    }

    /// A digest of the mapping, whoever is down; equal on every machine. O(members).
    [[nodiscard]] constexpr std::uint64_t fingerprint() const noexcept {
        detail::fingerprint digest;
        for (const column& c : columns_) {
            digest.add(members()[c.owner].id);
            digest.add(members()[c.other].id);
            digest.add(c.owners);
        }
        return digest.value();
    }

    friend constexpr bool operator==(const alias_table&, const alias_table&) = default;

  private:
    // What it holds, in parts of 2^32, is its owner's, and what is above that another's.
    struct column {
        std::uint32_t owners;
        std::uint32_t owner;
        std::uint32_t other;
        friend constexpr bool operator==(const column&, const column&) = default;
    };

    // Each member brings its weight times the number of columns, each column holds the sum of the weights. Who brings less
    // than that is filled up by one who brings more.
    static constexpr std::vector<column> columns_of(const detail::membership& members) {
        std::uint64_t sum = 0;
        std::vector<column> columns;
        for (std::size_t i = 0; i < members.size(); ++i) {
            const std::size_t who = detail::index_of(members.in_id_order(i));
            sum += members.weight(who);
            if (members.weight(who) == 0) continue;
            const auto own = static_cast<std::uint32_t>(who);
            columns.push_back({.owners = 0xffffffffU, .owner = own, .other = own}); // full, as far as is known
        }
        std::vector<wide> brings(columns.size(), wide{});
        std::vector<std::size_t> poor;
        std::vector<std::size_t> rich;
        for (std::size_t i = 0; i < columns.size(); ++i) {
            brings[i] = detail::wide_multiply(members.weight(columns[i].owner), columns.size());
            (is_below(brings[i], sum) ? poor : rich).push_back(i);
        }
        while (!poor.empty() && !rich.empty()) {
            const std::size_t filled = poor.back();
            const std::size_t giver = rich.back();
            poor.pop_back();
            columns[filled].owners = part_of(brings[filled].low, sum);
            columns[filled].other = columns[giver].owner;
            take(brings[giver], sum - brings[filled].low);
            if (!is_below(brings[giver], sum)) continue;
            rich.pop_back();
            poor.push_back(giver);
        }
        return columns;
    }
    using wide = detail::wide;
    [[nodiscard]] static constexpr bool is_below(const wide& amount, std::uint64_t bound) noexcept {
        return amount.high == 0 && amount.low < bound;
    }
    static constexpr void take(wide& from, std::uint64_t amount) noexcept {
        from.high -= from.low < amount ? 1 : 0;
        from.low -= amount;
    }
    // amount / whole in parts of 2^32, rounded down, but not to nothing; amount < whole < 2^64.
    [[nodiscard]] static constexpr std::uint32_t part_of(std::uint64_t amount, std::uint64_t whole) noexcept {
        while (whole >> 32U != 0) { // below 2^33 members of the largest weight, so a few bits at most are lost
            amount >>= 1U;
            whole >>= 1U;
        }
        return std::max(static_cast<std::uint32_t>((amount << 32U) / whole), std::uint32_t{1});
    }

    // Hashes of 32 bits and small numbers are spread over 64.
    [[nodiscard]] static constexpr std::uint64_t spread(std::uint64_t key) noexcept {
        return key * 0x9e3779b97f4a7c15U;
    }
    [[nodiscard]] static constexpr std::uint64_t next_key(std::uint64_t key) noexcept {
        const std::uint64_t mixed = (key ^ (key >> 32U)) * 0xd6e8feb86659fd93U + 0x9e3779b97f4a7c15U;
        return mixed ^ (mixed >> 32U);
    }
    [[nodiscard]] constexpr std::size_t owner_of(std::uint64_t key) const noexcept {
        const wide place = detail::wide_multiply(spread(key), columns_.size());
        const column& c = columns_[static_cast<std::size_t>(place.high)];
        return detail::select_if(place.low >> 32U < c.owners, c.owner, c.other); // as good as random: no branch
    }

    template <class Accept>
    [[nodiscard]] constexpr std::size_t owner(std::uint64_t key, const Accept& accept) const noexcept {
        if (columns_.empty()) return detail::nobody;
        const std::size_t own = owner_of(key);
        if constexpr (std::same_as<Accept, accept_all>) {
            if (members_.down() == 0) return own; // who is drained has no column
        }
        const auto eligible = members_.eligible(accept);
        return eligible(own) ? own : owner_instead(key, eligible); // nearly always
    }
    template <class Eligible>
    [[nodiscard, gnu::noinline]] constexpr std::size_t owner_instead(std::uint64_t key,
                                                                     const Eligible& eligible) const noexcept {
        for (std::size_t more = columns_.size() + 32; more > 0; --more) {
            key = next_key(key);
            const std::size_t own = owner_of(key);
            if (eligible(own)) return own;
        }
        auto from = static_cast<std::size_t>(detail::wide_multiply(spread(key), columns_.size()).high);
        for (std::size_t steps = columns_.size(); steps > 0; --steps) {
            if (eligible(columns_[from].owner)) return columns_[from].owner;
            from = from + 1 == columns_.size() ? 0 : from + 1;
        }
        return detail::nobody;
    }

    detail::membership members_;
    std::vector<column> columns_; // of all whose weight is above 0, by id
};

static_assert(keyed_selector<alias_table> && shareable_selector<alias_table>);

} // namespace poise

#endif
