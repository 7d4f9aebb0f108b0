// SPDX-License-Identifier: MIT
// Who stands highest when everybody rises by its weight with each turn, found without asking everybody.
#ifndef POISE_DETAIL_WEIGHT_CLASSES_HPP
#define POISE_DETAIL_WEIGHT_CLASSES_HPP

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <utility>
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
    /// All members, none of them in the race; how far apart they stand is guessed from `before`. 20 bytes a member and 44
    /// a class.
    constexpr weight_classes(const membership& members, const weight_classes& before) : depth_(before.depth_) {
        std::vector<std::uint64_t> by_weight;
        by_weight.reserve(members.size());
        for (std::size_t i = 0; i < members.size(); ++i) {
            by_weight.push_back(std::uint64_t{members.weight(i)} << 32U | i);
        }
        radix_sort_by_upper_half(by_weight);
        places_.resize(members.size(), {});
        std::size_t classes = 0;
        for (std::size_t i = 0; i < by_weight.size(); ++i) {
            classes += i == 0 || by_weight[i] >> 32U != by_weight[i - 1] >> 32U ? 1U : 0U;
        }
        classes_.reserve(classes);
        owners_.reserve(members.size() + classes * spare);
        for (const std::uint64_t weight_and_index : by_weight) {
            const auto weight = static_cast<std::uint32_t>(weight_and_index >> 32U);
            const auto index = static_cast<std::uint32_t>(weight_and_index);
            if (classes_.empty() || classes_.back().weight != weight) {
                owners_.resize(owners_.size() + (classes_.empty() ? 0 : spare), nobody);
                classes_.push_back(
                    {.begin = static_cast<std::uint32_t>(owners_.size()), .leaves = spare, .weight = weight});
            }
            weight_class& its = classes_.back();
            places_[index] = {.which = static_cast<std::uint32_t>(classes_.size() - 1), .leaf = its.leaves++ - spare};
            owners_.push_back(index);
        }
        owners_.resize(owners_.size() + spare, nobody);
        nodes_.resize(2 * owners_.size(), nobody);
        lines_.resize(classes_.size(), {});
        front_.resize(classes_.size(), 0);
    }

    /// Whether the member may get another weight: its class is there, and not full. O(log classes + members of the class).
    [[nodiscard]] constexpr bool has_room(std::size_t index, std::uint32_t weight) const noexcept {
        return weight_at(index) == weight || spare_place(weight).has_value();
    }
    /// It has that now, for which there is room; it must not race.
    constexpr void reweigh(std::size_t index, std::uint32_t weight) noexcept {
        if (weight_at(index) == weight) return;
        place_of& place = places_[index];
        owners_[classes_[place.which].begin + place.leaf] = nobody;
        place = *spare_place(weight);
        owners_[classes_[place.which].begin + place.leaf] = static_cast<std::uint32_t>(index);
    }

    /// A new race of those for whom `takes_part(index)`. O(members).
    template <class TakesPart, class Marks>
    constexpr void start(const TakesPart& takes_part, const Marks& marks) noexcept {
        for (std::size_t which = 0; which < classes_.size(); ++which) {
            tournament matches = matches_of(which);
            for (std::size_t leaf = 0; leaf < classes_[which].leaves; ++leaf) {
                const std::uint32_t owner = owners_[classes_[which].begin + leaf];
                matches.seed(leaf, owner != nobody && takes_part(owner) ? owner : nobody);
            }
            matches.play(before(marks));
            draw_line(which, marks);
        }
        last_height_ = highest_of_all(0);
        front_ends_ = 0;
    }
    /// The member comes into the race. O(log members).
    template <class Marks>
    constexpr void enter(std::size_t index, const Marks& marks) noexcept {
        place(index, static_cast<std::uint32_t>(index), marks);
        front_ends_ = 0;
    }
    /// It leaves. O(log members).
    template <class Marks>
    constexpr void leave(std::size_t index, const Marks& marks) noexcept {
        place(index, nobody, marks);
    }
    /// Its mark has fallen. O(log members).
    template <class Marks>
    constexpr void fall(std::size_t index, std::uint64_t turn, const Marks& marks) noexcept {
        place(index, static_cast<std::uint32_t>(index), marks);
        const std::uint32_t which = places_[index].which;
        if (turn >= front_ends_ || which != front_[leads_] || may_lead(lines_[which])) return;
        front_[leads_] = front_[--in_front_];
        leads_ = 0;
    }

    /// Who stands highest at this turn, the first among equals; somebody must race, and turns never go back. O(classes)
    /// at worst; the front has about the square root of that, and so have the turns for which it lasts.
    [[nodiscard]] constexpr leader highest(std::uint64_t turn) noexcept {
        if (turn < front_ends_ && in_front_ > 0) {
            const leader found = first_in_front(turn);
            if (found.height >= floor_) {
                last_height_ = found.height;
                return found;
            }
            depth_ *= 2; // who may lead now was too low to be looked at
        }
        look(turn);
        leader found = first_in_front(turn);
        if (found.height < floor_) {
            last_height_ = highest_of_all(turn);
            look(turn);
            found = first_in_front(turn);
        }
        return found;
    }

  private:
    struct weight_class {
        std::uint32_t begin;  // of its leaves' owners; of its nodes, twice that
        std::uint32_t leaves; // of the members of this weight, and spare ones
        std::uint32_t weight;
    };
    struct place_of {
        std::uint32_t which; // class
        std::uint32_t leaf;
    };
    // On which the first of a class rises; the lowest there is, level, when nobody of the class races.
    struct line {
        std::uint64_t mark;
        std::uint32_t weight;
        std::uint32_t first;

        [[nodiscard]] constexpr std::int64_t height(std::uint64_t turn) const noexcept {
            return static_cast<std::int64_t>(mark + weight * turn);
        }
    };
    static constexpr std::uint32_t nobody = tournament::nobody;
    static constexpr std::uint32_t spare = 1; // leaf of a class
    static constexpr std::size_t few = 8;     // so many classes are all looked at
    static constexpr std::int64_t lowest = std::numeric_limits<std::int64_t>::min();
    static constexpr std::int64_t deepest = std::int64_t{1} << 61U;

    [[nodiscard]] constexpr std::uint32_t weight_at(std::size_t index) const noexcept {
        return classes_[places_[index].which].weight;
    }
    [[nodiscard]] constexpr std::optional<place_of> spare_place(std::uint32_t weight) const noexcept {
        const auto its = std::ranges::lower_bound(classes_, weight, {}, &weight_class::weight);
        if (its == classes_.end() || its->weight != weight) return std::nullopt;
        const auto owners = std::span(owners_).subspan(its->begin, its->leaves);
        const auto free = std::ranges::find(owners, nobody);
        if (free == owners.end()) return std::nullopt;
        return place_of{.which = static_cast<std::uint32_t>(its - classes_.begin()),
                        .leaf = static_cast<std::uint32_t>(free - owners.begin())};
    }
    [[nodiscard]] constexpr tournament matches_of(std::size_t which) noexcept {
        const weight_class& c = classes_[which];
        return tournament(std::span(nodes_).subspan(std::size_t{2} * c.begin, std::size_t{2} * c.leaves));
    }
    template <class Marks>
    [[nodiscard]] static constexpr auto before(const Marks& marks) noexcept {
        return [&marks](std::uint32_t a, std::uint32_t b) {
            const auto lead = static_cast<std::int64_t>(marks(a) - marks(b));
            return lead > 0 || (lead == 0 && a < b);
        };
    }

    template <class Marks>
    constexpr void place(std::size_t index, std::uint32_t who, const Marks& marks) noexcept {
        matches_of(places_[index].which).place(places_[index].leaf, who, before(marks));
        draw_line(places_[index].which, marks);
    }
    template <class Marks>
    constexpr void draw_line(std::size_t which, const Marks& marks) noexcept {
        const std::uint32_t first = nodes_[2 * std::size_t{classes_[which].begin} + 1];
        if (first == nobody) {
            lines_[which] = {.mark = static_cast<std::uint64_t>(lowest), .weight = 0, .first = first};
        } else {
            lines_[which] = {.mark = marks(first), .weight = classes_[which].weight, .first = first};
        }
    }

    // Chooses the front: who can come above the floor, which lies somewhat below who led last, before it ends. Who is
    // not in it is lower than the highest in it as long as that is not below the floor.
    constexpr void look(std::uint64_t turn) noexcept {
        in_front_ = leads_ = 0;
        if (lines_.size() <= few) {
            floor_ = lowest;
            front_ends_ = std::numeric_limits<std::uint64_t>::max();
            for (; in_front_ < lines_.size(); ++in_front_) front_[in_front_] = static_cast<std::uint32_t>(in_front_);
            return;
        }
        const std::uint64_t lasts = std::uint64_t{1} << static_cast<unsigned>(std::bit_width(lines_.size())) / 2;
        depth_ = std::min(depth_, deepest);
        floor_ = std::max(last_height_, lowest + depth_) - depth_; // lowest, when nobody has raced so far
        front_ends_ = turn + lasts;
        for (std::size_t which = 0; which < lines_.size(); ++which) {
            front_[in_front_] = static_cast<std::uint32_t>(which); // stays when the next does not take its place
            in_front_ += static_cast<std::size_t>(may_lead(lines_[which]));
        }
        if (in_front_ > lasts) depth_ -= depth_ / 8;
    }
    [[nodiscard]] constexpr bool may_lead(const line& l) const noexcept { return l.height(front_ends_) >= floor_; }

    // Without branches that depend on the heights: those are as good as random. Hence ties are found out afterwards.
    [[nodiscard]] constexpr leader first_in_front(std::uint64_t turn) noexcept {
        std::int64_t height = lowest;
        std::size_t seat = 0;
        bool tied = false;
        for (std::size_t i = 0; i < in_front_; ++i) {
            const std::int64_t here = lines_[front_[i]].height(turn);
            tied |= here == height;
            seat = here > height ? i : seat;
            height = here > height ? here : height;
        }
        leader best{.height = height, .index = lines_[front_[seat]].first};
        for (std::size_t i = 0; tied && i < in_front_; ++i) {
            const line& l = lines_[front_[i]];
            if (l.height(turn) != height || l.first > best.index) continue;
            best.index = l.first;
            seat = i;
        }
        leads_ = seat;
        return best;
    }
    [[nodiscard]] constexpr std::int64_t highest_of_all(std::uint64_t turn) const noexcept {
        std::int64_t most = lowest;
        for (const line& l : lines_) most = std::max(most, l.height(turn));
        return most;
    }

    std::vector<std::uint32_t> nodes_;  // of all tournaments, class after class
    std::vector<std::uint32_t> owners_; // of each leaf
    std::vector<place_of> places_;      // of each member
    std::vector<weight_class> classes_;
    std::vector<line> lines_;          // of each class
    std::vector<std::uint32_t> front_; // classes: the first `in_front_`
    std::size_t in_front_ = 0;
    std::size_t leads_ = 0;        // whose was the highest line, in `front_`
    std::uint64_t front_ends_ = 0; // at this turn
    std::int64_t floor_ = lowest;  // who is not in the front stays below it
    std::int64_t depth_ = 1;       // of the floor below who had led when the front was chosen
    std::int64_t last_height_ = 0; // of who led last
};

} // namespace poise::detail

#endif
