// SPDX-License-Identifier: MIT
// Who stands highest when everybody rises by its weight with each turn, found without asking everybody.
#ifndef POISE_DETAIL_WEIGHT_CLASSES_HPP
#define POISE_DETAIL_WEIGHT_CLASSES_HPP

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <optional>
#include <span>
#include <vector>

#include <poise/detail/membership.hpp>
#include <poise/detail/radix_sort.hpp>
#include <poise/detail/tournament.hpp>

namespace poise::detail {

/// Members of one weight rise alike, so among them only the marks from which they rise decide: a tournament. Of the
/// classes only those few are looked at that can come to lead within the next turns; they are chosen anew when those
/// turns are over.
///
/// A member stands at mark + weight * turn, all modulo 2^64; the true heights differ by less than 2^63. The marks are
/// the caller's, `marks(index)`, and everything here that takes them wants them as they are now.
class weight_classes {
  public:
    struct leader {
        std::int64_t height;
        std::uint32_t index;
    };

    weight_classes() = default;
    /// All members, none of them in the race. 16 bytes a member and at most 40 a class.
    constexpr explicit weight_classes(const membership& members) {
        std::vector<std::uint64_t> by_weight;
        by_weight.reserve(members.size());
        for (std::size_t i = 0; i < members.size(); ++i) {
            by_weight.push_back(std::uint64_t{members.weight(i)} << 32U | i);
        }
        radix_sort_by_upper_half(by_weight);
        nodes_.resize(2 * members.size(), tournament::nobody);
        places_.resize(members.size(), {});
        for (const std::uint64_t weight_and_index : by_weight) {
            const auto weight = static_cast<std::uint32_t>(weight_and_index >> 32U);
            if (classes_.empty() || classes_.back().weight != weight) {
                const std::uint32_t behind = classes_.empty() ? 0 : classes_.back().begin + 2 * classes_.back().leaves;
                classes_.push_back({.begin = behind, .leaves = 0, .weight = weight, .seat = no_seat});
            }
            places_[weight_and_index & 0xffffffffU] = {.which = static_cast<std::uint32_t>(classes_.size() - 1),
                                                      .leaf = classes_.back().leaves++};
        }
        lines_.resize(classes_.size(), {});
    }

    [[nodiscard]] constexpr bool races(std::size_t index) const noexcept {
        return tournament::at_leaf(nodes_of(classes_[places_[index].which]), places_[index].leaf) != tournament::nobody;
    }

    /// A new race of those for whom `takes_part(index)`. O(members).
    template <class TakesPart, class Marks>
    constexpr void start(const TakesPart& takes_part, const Marks& marks) noexcept {
        for (std::size_t i = 0; i < places_.size(); ++i) {
            tournament(nodes_of(classes_[places_[i].which]))
                .seed(places_[i].leaf, takes_part(i) ? static_cast<std::uint32_t>(i) : tournament::nobody);
        }
        for (const weight_class& c : classes_) tournament(nodes_of(c)).play(before(marks));
        look_again();
    }
    /// The member comes into the race, or its mark has fallen.
    template <class Marks>
    constexpr void enter(std::size_t index, std::uint64_t turn, const Marks& marks) noexcept {
        place(index, static_cast<std::uint32_t>(index), turn, marks);
    }
    template <class Marks>
    constexpr void leave(std::size_t index, std::uint64_t turn, const Marks& marks) noexcept {
        place(index, tournament::nobody, turn, marks);
    }

    /// Who stands highest at this turn, the first among equals; turns never go back. O(classes) at worst; the front
    /// has about the square root of that, and so have the turns for which it lasts.
    template <class Marks>
    [[nodiscard]] constexpr std::optional<leader> highest(std::uint64_t turn, const Marks& marks) noexcept {
        if (turn >= front_ends_) look(turn, marks);
        if (const auto found = first_in_front(turn); found && found->height >= floor_) return found;
        depth_ *= 2; // who may lead now was too low to be looked at
        look(turn, marks);
        return first_in_front(turn);
    }

    /// The greatest common divisor of the weights in the race. O(classes).
    [[nodiscard]] constexpr std::uint32_t common_divisor() const noexcept {
        std::uint32_t divisor = 0;
        for (const weight_class& c : classes_) {
            if (tournament::winner(nodes_of(c)) != tournament::nobody) divisor = std::gcd(divisor, c.weight);
        }
        return divisor;
    }

  private:
    struct weight_class {
        std::uint32_t begin;  // of its nodes
        std::uint32_t leaves; // how many members have this weight
        std::uint32_t weight;
        std::uint32_t seat; // its line in the front, or no_seat
    };
    struct place_of {
        std::uint32_t which; // class
        std::uint32_t leaf;
    };
    // On which the first of a class rises.
    struct line {
        std::uint64_t mark;
        std::uint32_t weight;
        std::uint32_t index;
        std::uint32_t which;

        [[nodiscard]] constexpr std::int64_t height(std::uint64_t turn) const noexcept {
            return static_cast<std::int64_t>(mark + weight * turn);
        }
    };
    static constexpr std::uint32_t no_seat = 0xffffffffU;
    static constexpr std::size_t few = 12; // so many classes are all looked at
    static constexpr std::int64_t no_floor = std::numeric_limits<std::int64_t>::min();
    static constexpr std::int64_t deepest = std::int64_t{1} << 61U;

    [[nodiscard]] constexpr std::span<std::uint32_t> nodes_of(const weight_class& c) noexcept {
        return std::span(nodes_).subspan(c.begin, std::size_t{2} * c.leaves);
    }
    [[nodiscard]] constexpr std::span<const std::uint32_t> nodes_of(const weight_class& c) const noexcept {
        return std::span(nodes_).subspan(c.begin, std::size_t{2} * c.leaves);
    }
    template <class Marks>
    [[nodiscard]] static constexpr auto before(const Marks& marks) noexcept {
        return [&marks](std::uint32_t a, std::uint32_t b) {
            const auto lead = static_cast<std::int64_t>(marks(a) - marks(b));
            return lead > 0 || (lead == 0 && a < b);
        };
    }

    template <class Marks>
    constexpr void place(std::size_t index, std::uint32_t who, std::uint64_t turn, const Marks& marks) noexcept {
        weight_class& c = classes_[places_[index].which];
        tournament(nodes_of(c)).place(places_[index].leaf, who, before(marks));
        if (turn >= front_ends_) return;
        const auto now = line_of(c, places_[index].which, marks);
        const bool leads = now && may_lead(*now, turn);
        if (c.seat == no_seat) {
            if (leads) seat(c, *now);
        } else if (leads) {
            lines_[c.seat] = *now;
        } else {
            const line last = lines_[--seated_]; // takes the place that is free now
            classes_[last.which].seat = c.seat;
            lines_[c.seat] = last;
            c.seat = no_seat;
        }
    }

    template <class Marks>
    [[nodiscard]] constexpr std::optional<line> line_of(const weight_class& c, std::size_t which,
                                                        const Marks& marks) const noexcept {
        const std::uint32_t first = tournament::winner(nodes_of(c));
        if (first == tournament::nobody) return std::nullopt;
        return line{
            .mark = marks(first), .weight = c.weight, .index = first, .which = static_cast<std::uint32_t>(which)};
    }
    constexpr void seat(weight_class& c, const line& l) noexcept {
        c.seat = static_cast<std::uint32_t>(seated_);
        lines_[seated_++] = l;
    }
    // Whether it reaches the floor while the front lasts.
    [[nodiscard]] constexpr bool may_lead(const line& l, std::uint64_t turn) const noexcept {
        if (floor_ == no_floor) return true;
        return l.height(turn) + static_cast<std::int64_t>(l.weight * (front_ends_ - turn)) >= floor_;
    }

    constexpr void look_again() noexcept { front_ends_ = 0; }
    // Chooses the front: who can come above the floor, which lies somewhat below who leads now, before it ends. Who is
    // not in it is lower than the highest in it as long as that is not below the floor.
    template <class Marks>
    constexpr void look(std::uint64_t turn, const Marks& marks) noexcept {
        const std::uint64_t lasts = std::uint64_t{1} << (static_cast<unsigned>(std::bit_width(classes_.size())) / 2 + 1);
        front_ends_ = std::numeric_limits<std::uint64_t>::max();
        floor_ = no_floor;
        if (classes_.size() > few) {
            front_ends_ = turn + lasts;
            std::int64_t most = no_floor;
            for (const weight_class& c : classes_) {
                const std::uint32_t first = tournament::winner(nodes_of(c));
                if (first == tournament::nobody) continue;
                most = std::max(most, static_cast<std::int64_t>(marks(first) + c.weight * turn));
            }
            depth_ = std::min(depth_, deepest);
            floor_ = most == no_floor ? no_floor : most - depth_;
        }
        seated_ = 0;
        for (std::size_t i = 0; i < classes_.size(); ++i) {
            classes_[i].seat = no_seat;
            const auto now = line_of(classes_[i], i, marks);
            if (now && may_lead(*now, turn)) seat(classes_[i], *now);
        }
        if (floor_ != no_floor && seated_ > 2 * lasts) depth_ -= depth_ / 4;
    }

    [[nodiscard]] constexpr std::optional<leader> first_in_front(std::uint64_t turn) const noexcept {
        if (seated_ == 0) return std::nullopt;
        leader best{.height = lines_[0].height(turn), .index = lines_[0].index};
        for (std::size_t i = 1; i < seated_; ++i) {
            const std::int64_t height = lines_[i].height(turn);
            const bool better = height > best.height || (height == best.height && lines_[i].index < best.index);
            best.height = better ? height : best.height;
            best.index = better ? lines_[i].index : best.index;
        }
        return best;
    }

    std::vector<std::uint32_t> nodes_; // of all tournaments, class after class
    std::vector<place_of> places_;     // of each member
    std::vector<weight_class> classes_;
    std::vector<line> lines_; // the front: the first `seated_`
    std::size_t seated_ = 0;
    std::uint64_t front_ends_ = 0;  // at this turn; 0 = look at the next
    std::int64_t floor_ = no_floor; // who is not in the front is below it
    std::int64_t depth_ = 1;        // of the floor below who led when the front was chosen
};

} // namespace poise::detail

#endif
