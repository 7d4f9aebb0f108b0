// SPDX-License-Identifier: MIT
// White space off both ends of a text, as the fields of HTTP have it.
#ifndef POISE_DETAIL_TRIMMED_HPP
#define POISE_DETAIL_TRIMMED_HPP

#include <cstddef>
#include <string_view>

namespace poise::detail {

/// What is left of `text` without spaces, tabs and ends of lines at both ends.
[[nodiscard]] constexpr std::string_view trimmed(std::string_view text) noexcept {
    constexpr std::string_view blanks = " \t\r\n";
    const std::size_t first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) + 1 - first);
}

} // namespace poise::detail

#endif
