// SPDX-License-Identifier: MIT
// One of two numbers without a branch: for conditions that are as good as random, on which a processor would guess wrong
// half of the time.
#ifndef POISE_DETAIL_SELECT_IF_HPP
#define POISE_DETAIL_SELECT_IF_HPP

#include <concepts>

namespace poise::detail {

template <std::unsigned_integral Number>
[[nodiscard]] constexpr Number select_if(bool condition, Number then, Number otherwise) noexcept {
    const auto mask = static_cast<Number>(Number{0} - static_cast<Number>(condition));
    return static_cast<Number>((then & mask) | (otherwise & ~mask));
}

} // namespace poise::detail

#endif
