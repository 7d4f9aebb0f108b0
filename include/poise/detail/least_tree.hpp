// SPDX-License-Identifier: MIT
// Who is least loaded for its weight, and how many are so equally, kept while loads change one by one.
#ifndef POISE_DETAIL_LEAST_TREE_HPP
#define POISE_DETAIL_LEAST_TREE_HPP

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include <poise/detail/least.hpp>
#include <poise/detail/membership.hpp>
#include <poise/detail/remainder.hpp>

namespace poise::detail {

/// A winner tree in the order of the members whose nodes also count those that have tied.
///
/// It compares load / weight in 2^32nds, rounded down: two that differ do so by at least 1 / (weight * weight), so below a
/// weight of 2^16, and a load of 2^32, that is exact. Beyond, those that look equal are compared as ratios.
/// 40 to 56 bytes a member.
class least_tree {
  public:
    least_tree() = default;
    /// Of the members who may be chosen, with the load `load(slot)`. O(members).
    template <class Load>
    constexpr least_tree(const membership& members, const Load& load) : leaves_(std::bit_ceil(members.size())) {
        weights_.reserve(members.size());
        for (const member& m : members.members()) {
            weights_.emplace_back(std::max(m.weight, 1U));
            rounds_ = rounds_ || m.weight > most_exact_weight;
        }
        loads_.resize(members.size() + 1, never); // the last is nobody's
        nodes_.resize(2 * leaves_, {.first = static_cast<std::uint32_t>(members.size()), .count = 0});
        for (std::size_t i = 0; i < members.size(); ++i) seed(i, members.is_open(i), load(slot_at(i)));
        for (std::size_t n = leaves_; --n > 0;) nodes_[n] = best_of(nodes_[2 * n], nodes_[2 * n + 1], members, load);
    }

    /// The member has another load now, or takes part from now on or not any more. O(log members).
    template <class Load>
    constexpr void put(std::size_t index, bool takes_part, const membership& members, const Load& load) noexcept {
        seed(index, takes_part, load(slot_at(index)));
        rounds_ ? climb_exactly(leaves_ + index, members, load) : climb(leaves_ + index);
    }

    /// How many are least loaded; 0 when nobody takes part.
    [[nodiscard]] constexpr std::size_t count() const noexcept { return nodes_.empty() ? 0 : nodes_[1].count; }
    /// The first of them, when there is one.
    [[nodiscard]] constexpr std::size_t first() const noexcept { return nodes_[1].first; }
    /// The one behind `passed` others of them. O(log members).
    template <class Load>
    [[nodiscard]] constexpr std::size_t after(std::size_t passed, const membership& members,
                                              const Load& load) const noexcept {
        std::size_t n = 1;
        while (n < leaves_) {
            n *= 2;
            const std::size_t here = leads(nodes_[n], members, load) ? nodes_[n].count : 0;
            if (passed < here) continue;
            passed -= here;
            ++n;
        }
        return nodes_[n].first;
    }
    /// Visits all of them in their order. O(their number), up to a factor that is logarithmic in how few they are.
    template <class Load, class Visit>
    constexpr void for_each(const membership& members, const Load& load, const Visit& visit) const noexcept {
        for (std::size_t i = first(), left = count(); left > 0; --left) {
            visit(i);
            if (left > 1) i = next(i, members, load);
        }
    }

    friend constexpr bool operator==(const least_tree& a, const least_tree& b) noexcept {
        return a.loads_ == b.loads_ && a.nodes_ == b.nodes_;
    }

  private:
    struct node {
        std::uint32_t first; // of those with the least load below; the number of members when nobody takes part
        std::uint32_t count; // of those
        friend constexpr bool operator==(const node&, const node&) = default;
    };
    static constexpr std::uint64_t never = std::numeric_limits<std::uint64_t>::max() - 1; // and that can be raised by 1
    static constexpr std::uint32_t most_exact_weight = 0xffffU;

    // load / weight in 2^32nds, rounded down, as far as that goes.
    [[nodiscard]] static constexpr std::uint64_t scaled(std::uint64_t load, const remainder& by) noexcept {
        return load >> 32U == 0 ? by.quotient(load << 32U) : scaled_from_far(load, by); // nearly always
    }
    [[nodiscard, gnu::noinline]] static constexpr std::uint64_t scaled_from_far(std::uint64_t load,
                                                                                const remainder& by) noexcept {
        const std::uint64_t whole = by.quotient(load);
        if (whole >> 32U != 0) return never - 1;
        return std::min(whole << 32U | by.quotient((load - whole * by.divisor()) << 32U), never - 1);
    }
    constexpr void seed(std::size_t index, bool takes_part, std::uint64_t load) noexcept {
        if (load >> 32U != 0) rounds_ = true;
        loads_[index] = takes_part ? scaled(load, weights_[index]) : never;
        nodes_[leaves_ + index] = {.first = static_cast<std::uint32_t>(takes_part ? index : weights_.size()),
                                   .count = takes_part ? 1U : 0U};
    }
    template <class Load>
    [[gnu::noinline]] constexpr void climb_exactly(std::size_t n, const membership& members,
                                                   const Load& load) noexcept {
        for (n /= 2; n > 0; n /= 2) nodes_[n] = best_of(nodes_[2 * n], nodes_[2 * n + 1], members, load);
    }
    // Loads are as good as random: no branch depends on them. What wins is carried up, and of the other side only the
    // load is read.
    constexpr void climb(std::size_t n) noexcept {
        std::uint64_t load = loads_[nodes_[n].first];
        std::uint32_t first = nodes_[n].first;
        std::uint32_t count = nodes_[n].count;
        for (; n > 1; n /= 2) {
            const node& other = nodes_[n ^ 1U]; // field by field, as it was written
            const std::uint64_t its = loads_[other.first];
            const std::uint32_t with_tied = count + other.count;
            count = its == load ? with_tied : count;
            count = its < load ? other.count : count;
            const bool its_first = its < load + (n & 1U); // the left one, when they have tied
            first = its_first ? other.first : first;
            load = its_first ? its : load;
            nodes_[n / 2].first = first;
            nodes_[n / 2].count = count;
        }
    }
    template <class Load>
    [[nodiscard]] constexpr node best_of(node left, node right, const membership& members,
                                         const Load& load) const noexcept {
        if (left.count == 0 || loads_[right.first] < loads_[left.first]) return right;
        if (right.count == 0 || loads_[left.first] < loads_[right.first]) return left;
        const auto order = exact(left.first, members, load) <=> exact(right.first, members, load);
        if (order != 0) return order < 0 ? left : right;
        return {.first = left.first, .count = left.count + right.count};
    }
    template <class Load>
    [[nodiscard]] static constexpr ratio exact(std::size_t i, const membership& members, const Load& load) noexcept {
        return {.load = load(slot_at(i)), .weight = members.weight(i)};
    }
    // Whether the first of this node is one of the least of all.
    template <class Load>
    [[nodiscard]] constexpr bool leads(node n, const membership& members, const Load& load) const noexcept {
        if (n.count == 0 || loads_[n.first] != loads_[first()]) return false;
        return !rounds_ || exact(n.first, members, load) == exact(first(), members, load);
    }
    // Of the least, the next behind this one, which is not the last.
    template <class Load>
    [[nodiscard]] constexpr std::size_t next(std::size_t index, const membership& members,
                                             const Load& load) const noexcept {
        for (std::size_t n = leaves_ + index;; n /= 2) {
            if (n % 2 == 0 && leads(nodes_[n + 1], members, load)) return nodes_[n + 1].first;
        }
    }

    std::size_t leaves_ = 0; // a power of 2
    std::vector<node> nodes_;
    std::vector<std::uint64_t> loads_; // for the weight, in 2^32nds
    std::vector<remainder> weights_;   // to divide by
    bool rounds_ = false;              // whether loads that look equal may differ
};

} // namespace poise::detail

#endif
