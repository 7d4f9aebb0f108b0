// SPDX-License-Identifier: MIT
// HAProxy's tree of least connections: who has the least key, and of those who has had it longest.
#ifndef POISE_DETAIL_STANDINGS_HPP
#define POISE_DETAIL_STANDINGS_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <vector>

#include <poise/detail/connection_counts.hpp>
#include <poise/detail/membership.hpp>
#include <poise/detail/tournament.hpp>

namespace poise::detail {

/// A member that is idle has key 0, another (connections + 1) * 256 / weight, rounded down.
/// Source: HAProxy up to 3.1, src/lb_fwlc.c.
class standings {
  public:
    standings() = default;

    /// Who stays, with the weight it had in `old`, keeps its place; all others come behind those who have their key. 24
    /// bytes a member.
    constexpr standings(const membership& members, const connection_counts& connections, const membership& old,
                        const standings& before)
        : joined_(before.joined_) {
        standings_.reserve(members.size());
        for (const member& m : members.members()) {
            const auto was = old.find(m.id);
            const slot here = slot_at(standings_.size());
            if (was && old.weight(index_of(*was)) == m.weight) {
                standings_.push_back(before.standings_[index_of(*was)]);
            } else {
                standings_.push_back({.key = key(connections.of(here), m.weight), .since = joined_++});
            }
        }
        nodes_.resize(2 * standings_.size(), tournament::nobody);
        for (std::size_t i = 0; i < standings_.size(); ++i) {
            if (members.is_open(i)) tournament(nodes_).seed(i, static_cast<std::uint32_t>(i));
        }
        play();
    }
    /// All in slot order.
    constexpr void reset() noexcept {
        joined_ = 0;
        for (standing& s : standings_) s.since = joined_++;
        play();
    }

    /// The member there has other connections now: with another key it comes behind those who have it. `put` must follow.
    constexpr void moved(slot where, std::uint64_t connections, std::uint32_t weight) noexcept {
        standing& s = standings_[index_of(where)];
        const std::uint64_t now = key(connections, weight);
        if (s.key == now) return;
        s = {.key = now, .since = joined_++};
    }
    /// Whether it may be chosen. O(log members).
    constexpr void put(std::size_t index, bool takes_part) noexcept {
        tournament(nodes_).place(index, takes_part ? static_cast<std::uint32_t>(index) : tournament::nobody, order());
    }

    /// Of those who may be chosen, the first, or `nobody`.
    [[nodiscard]] constexpr std::size_t first() const noexcept {
        return nodes_.empty() || nodes_[1] == tournament::nobody ? nobody : nodes_[1];
    }
    /// The same of all for whom `eligible(index)`. O(members).
    template <class Eligible>
    [[nodiscard]] constexpr std::optional<slot> first(const Eligible& eligible) const noexcept {
        std::optional<std::size_t> best;
        for (std::size_t i = 0; i < standings_.size(); ++i) {
            if ((!best || before(standings_[i], standings_[*best])) && eligible(i)) best = i;
        }
        return best ? std::optional(slot_at(*best)) : std::nullopt;
    }

    /// Whether the members stand in the same order, with the same keys. O(members log members).
    friend constexpr bool operator==(const standings& a, const standings& b) {
        return std::ranges::equal(a.standings_, b.standings_, {}, &standing::key, &standing::key) &&
               a.in_order() == b.in_order();
    }

  private:
    struct standing {
        std::uint64_t key;
        std::uint64_t since; // no two are equal
    };
    struct by_standing {
        const std::vector<standing>* standings;
        constexpr bool operator()(std::uint32_t a, std::uint32_t b) const noexcept {
            return before((*standings)[a], (*standings)[b]);
        }
    };

    [[nodiscard]] static constexpr std::uint64_t key(std::uint64_t connections, std::uint32_t weight) noexcept {
        return connections == 0 || weight == 0 ? 0 : (connections + 1) * 256 / weight;
    }
    [[nodiscard]] static constexpr bool before(const standing& a, const standing& b) noexcept {
        return a.key != b.key ? a.key < b.key : a.since < b.since;
    }
    [[nodiscard]] constexpr std::vector<std::size_t> in_order() const {
        std::vector<std::size_t> order(standings_.size(), 0);
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::ranges::sort(order, [this](std::size_t a, std::size_t b) { return before(standings_[a], standings_[b]); });
        return order;
    }

    [[nodiscard]] constexpr by_standing order() const noexcept { return {&standings_}; }
    constexpr void play() noexcept {
        if (!nodes_.empty()) tournament(nodes_).play(order());
    }

    std::vector<standing> standings_;
    std::vector<std::uint32_t> nodes_; // a tournament of who may be chosen
    std::uint64_t joined_ = 0;
};

} // namespace poise::detail

#endif
