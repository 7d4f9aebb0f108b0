// SPDX-License-Identifier: MIT
// How far apart two threads must write so as not to wait for each other.
#ifndef POISE_DETAIL_CACHE_LINE_HPP
#define POISE_DETAIL_CACHE_LINE_HPP

#include <cstddef>

namespace poise::detail {

/// Bytes. The standard's own constant changes with compiler flags, and g++ warns of it in headers.
inline constexpr std::size_t cache_line = 64;

} // namespace poise::detail

#endif
