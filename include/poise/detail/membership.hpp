// SPDX-License-Identifier: MIT
// Who is a member, who may be chosen: written once, used by every selector.
#ifndef POISE_DETAIL_MEMBERSHIP_HPP
#define POISE_DETAIL_MEMBERSHIP_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <poise/accept.hpp>
#include <poise/detail/error.hpp>
#include <poise/member.hpp>

namespace poise::detail {

/// The position that a slot names.
[[nodiscard]] constexpr std::size_t index_of(slot where) noexcept {
    return static_cast<std::size_t>(where);
}
[[nodiscard]] constexpr slot slot_at(std::size_t index) noexcept {
    return static_cast<slot>(index);
}

/// No member's index. What loops give each other: g++ 12 passes an optional through memory, which takes longer than many a
/// choice.
inline constexpr std::size_t nobody = ~std::size_t{0};
[[nodiscard]] constexpr std::optional<slot> choice(std::size_t index) noexcept {
    return index == nobody ? std::nullopt : std::optional(slot_at(index));
}

/// The members in slot order, an index from id to slot, and one byte of bars a member: 0 = may be chosen.
class membership {
  public:
    membership() = default;

    /// The membership `members`; who is a member of `before` and down there is down here. 33 bytes a member, O(n log n), O(n) when all are
    /// where they were. Throws std::invalid_argument in the name of `who` when two ids are equal or a slot cannot
    /// count them.
    constexpr membership(std::span<const member> members, const membership& before, std::string_view who) {
        constexpr std::size_t most = std::numeric_limits<std::uint32_t>::max();
        if (members.size() > most) invalid(who, "number of members", members.size(), "at most 4294967295");
        members_.assign(members.begin(), members.end());
        bars_.resize(members.size(), 0);
        bool same_places = members.size() == before.size();
        for (std::size_t i = 0; i < members.size(); ++i) {
            const std::size_t old = before.find(members[i].id, i);
            same_places = same_places && old == i;
            const unsigned down = old == nobody ? 0U : before.bars_[old] & bar_down;
            down_ += down == 0 ? 0U : 1U;
            bars_[i] = static_cast<std::uint8_t>(down | (members[i].weight == 0 ? bar_drained : 0U));
        }
        if (same_places) {
            by_id_ = before.by_id_;
        } else {
            index_by_id(who);
        }
    }

    [[nodiscard]] constexpr std::size_t size() const noexcept { return members_.size(); }
    [[nodiscard]] constexpr std::span<const member> members() const noexcept { return members_; }
    [[nodiscard]] constexpr std::uint32_t weight(std::size_t index) const noexcept { return members_[index].weight; }

    /// Where the member with this id is; O(log n).
    [[nodiscard]] constexpr std::optional<slot> find(std::uint64_t id) const noexcept {
        const auto found = std::ranges::lower_bound(by_id_, id, {}, &entry::id);
        if (found == by_id_.end() || found->id != id) return std::nullopt;
        return found->where;
    }

    /// The same as an index or `nobody`, at once when it is at `guess`: members mostly stay where they were.
    [[nodiscard]] constexpr std::size_t find(std::uint64_t id, std::size_t guess) const noexcept {
        if (guess < size() && members_[guess].id == id) return guess;
        const std::optional<slot> found = find(id);
        return found ? index_of(*found) : nobody;
    }

    /// Where they differ from `before` when they do in one weight alone, and else nowhere.
    [[nodiscard]] constexpr std::size_t only_reweighted(const membership& before) const noexcept {
        if (size() != before.size()) return nobody;
        const auto [here, was] = std::ranges::mismatch(members_, before.members_);
        if (here == members_.end() || here->id != was->id) return nobody;
        if (!std::equal(here + 1, members_.end(), was + 1)) return nobody;
        return static_cast<std::size_t>(here - members_.begin());
    }

    /// The member that comes `nth` in the order of ids, which is the same however members are listed.
    [[nodiscard]] constexpr slot in_id_order(std::size_t nth) const noexcept { return by_id_[nth].where; }

    /// True when the member there could be chosen, and can no more.
    constexpr bool disable(slot where) noexcept {
        if (!is_there(where) || is_down(index_of(where))) return false;
        const bool was_open = is_open(index_of(where));
        bar(where, bar_down);
        ++down_;
        return was_open;
    }
    /// True when the member there could not be chosen, and now can.
    constexpr bool enable(slot where) noexcept {
        if (!is_there(where) || !is_down(index_of(where))) return false;
        unbar(where, bar_down);
        --down_;
        return is_open(index_of(where));
    }
    /// How many members are disabled.
    [[nodiscard]] constexpr std::size_t down() const noexcept { return down_; }
    /// Whether the member there may be chosen if it is accepted.
    [[nodiscard]] constexpr bool is_open(std::size_t index) const noexcept { return bars_[index] == 0; }
    [[nodiscard]] constexpr bool is_down(std::size_t index) const noexcept { return (bars_[index] & bar_down) != 0; }

    /// Asks whether the member at an index may be chosen: weight above 0, enabled, accepted. The rejected of an
    /// enumerable accept are barred as long as this lives, so they cost their number and not a question a member.
    template <accept_rule Accept>
    class eligibility {
      public:
        constexpr eligibility(membership& members, const Accept& accept) noexcept : members_(members), accept_(accept) {
            if constexpr (enumerable_accept<Accept>) {
                for (const std::uint64_t id : accept_.ids()) {
                    if (const auto where = members_.find(id)) members_.bar(*where, bar_rejected);
                }
            }
        }
        constexpr ~eligibility() {
            if constexpr (enumerable_accept<Accept>) {
                for (const std::uint64_t id : accept_.ids()) {
                    if (const auto where = members_.find(id)) members_.unbar(*where, bar_rejected);
                }
            }
        }
        eligibility(const eligibility&) = delete;
        eligibility& operator=(const eligibility&) = delete;

        [[nodiscard]] constexpr bool operator()(std::size_t index) const noexcept {
            if (members_.bars_[index] != 0) return false;
            if constexpr (enumerable_accept<Accept>) {
                return also_accepts(accept_, slot_at(index));
            } else {
                return accept_(slot_at(index));
            }
        }

      private:
        membership& members_;
        const Accept& accept_;
    };

    template <accept_rule Accept>
    [[nodiscard]] constexpr eligibility<Accept> eligible(const Accept& accept) noexcept {
        return {*this, accept};
    }

    /// The same question without writing anything, for whoever selects from many threads: O(rejected) each.
    [[nodiscard]] constexpr auto eligible(const accept_all& /*accept*/) const noexcept {
        return [bars = bars_.data()](std::size_t index) {
            return bars[index] == 0;
        };
    }
    template <accept_rule Accept>
    [[nodiscard]] constexpr auto eligible(const Accept& accept) const noexcept {
        return [this, &accept](std::size_t index) {
            if (bars_[index] != 0) return false;
            if constexpr (enumerable_accept<Accept>) {
                return std::ranges::find(accept.ids(), members_[index].id) == accept.ids().end() &&
                       also_accepts(accept, slot_at(index));
            } else {
                return accept(slot_at(index));
            }
        };
    }

    friend constexpr bool operator==(const membership&, const membership&) = default;

  private:
    struct entry {
        std::uint64_t id;
        slot where;
        friend constexpr bool operator==(const entry&, const entry&) = default;
    };

    static constexpr std::uint8_t bar_down = 1;
    static constexpr std::uint8_t bar_drained = 2;
    static constexpr std::uint8_t bar_rejected = 4;

    constexpr void index_by_id(std::string_view who) {
        by_id_.reserve(size());
        for (const member& m : members_) by_id_.push_back({m.id, slot_at(by_id_.size())});
        std::ranges::sort(by_id_, {}, &entry::id);
        const auto twin = std::ranges::adjacent_find(by_id_, {}, &entry::id);
        if (twin != by_id_.end()) invalid(who, "duplicate member id", twin->id, "ids that differ");
    }

    [[nodiscard]] constexpr bool is_there(slot where) const noexcept { return index_of(where) < bars_.size(); }
    constexpr void bar(slot where, std::uint8_t reason) noexcept {
        if (is_there(where)) bars_[index_of(where)] |= reason;
    }
    constexpr void unbar(slot where, std::uint8_t reason) noexcept {
        if (is_there(where)) bars_[index_of(where)] &= static_cast<std::uint8_t>(~reason);
    }

    std::vector<member> members_;
    std::vector<entry> by_id_;
    std::vector<std::uint8_t> bars_;
    std::size_t down_ = 0;
};

} // namespace poise::detail

#endif
