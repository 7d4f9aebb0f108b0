// SPDX-License-Identifier: MIT
// phase: where each of many workers begins, so that they do not march in step.
#ifndef POISE_SHARED_PHASE_HPP
#define POISE_SHARED_PHASE_HPP

#include <cstdint>

#include <poise/detail/wide_multiply.hpp>

namespace poise {

/// Where the worker with this number begins in a round of so many positions, from 0: what goes into a selector's `phase`.
///
/// Workers that all begin at 0 all choose the same members first, again and again: their deviations from the ideal share
/// add up. Each of these positions falls into the largest gap that those of the workers before have left, however many
/// workers there will be. O(1).
/// Source: the golden ratio's sequence: V. Turán Sós, "On the theory of diophantine approximations", 1957, of the three
/// gaps; D. Knuth, "The Art of Computer Programming" 3, 6.4.
[[nodiscard]] constexpr std::uint64_t phase_of(std::uint64_t worker, std::uint64_t positions) noexcept {
    return detail::wide_multiply(worker * 0x9e3779b97f4a7c15U, positions).high;
}

} // namespace poise

#endif
