// SPDX-License-Identifier: MIT
// A winner tree: who beats all others, found again in O(log leaves) after one of them has changed.
#ifndef POISE_DETAIL_TOURNAMENT_HPP
#define POISE_DETAIL_TOURNAMENT_HPP

#include <cstddef>
#include <cstdint>
#include <span>

#include <poise/detail/select_if.hpp>

namespace poise::detail {

/// A view: the nodes are its owner's, two for each leaf, of which there is at least one. A leaf holds a contestant's
/// number or `nobody`. `beats(a, b)` is a strict order of all contestants.
class tournament {
  public:
    static constexpr std::uint32_t nobody = 0xffffffffU;

    constexpr explicit tournament(std::span<std::uint32_t> nodes) noexcept : nodes_(nodes) {}

    /// Who has won: `nobody` when no leaf holds anybody.
    [[nodiscard]] constexpr std::uint32_t winner() const noexcept { return nodes_[1]; }

    /// Puts `who` there without a match: `play` must follow.
    constexpr void seed(std::size_t leaf, std::uint32_t who) noexcept { nodes_[leaves() + leaf] = who; }
    /// All matches. O(leaves).
    template <class Beats>
    constexpr void play(const Beats& beats) noexcept {
        for (std::size_t node = leaves(); --node > 0;) {
            nodes_[node] = match(nodes_[2 * node], nodes_[2 * node + 1], beats);
        }
    }
    /// Puts `who` there, or the same again because it has changed, and plays its matches.
    template <class Beats>
    constexpr void place(std::size_t leaf, std::uint32_t who, const Beats& beats) noexcept {
        std::size_t node = leaves() + leaf;
        nodes_[node] = who;
        for (; node > 1; node /= 2) {
            who = match(who, nodes_[node ^ 1U], beats);
            nodes_[node / 2] = who;
        }
    }

  private:
    [[nodiscard]] constexpr std::size_t leaves() const noexcept { return nodes_.size() / 2; }

    template <class Beats>
    [[nodiscard]] static constexpr std::uint32_t match(std::uint32_t a, std::uint32_t b, const Beats& beats) noexcept {
        if (a == nobody) return b;
        if (b == nobody) return a;
        return select_if(beats(a, b), a, b);
    }

    std::span<std::uint32_t> nodes_; // the winner is node 1; of node i, 2 i and 2 i + 1 have met
};

} // namespace poise::detail

#endif
