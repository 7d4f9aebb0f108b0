// SPDX-License-Identifier: MIT
// Gives:   the value of a cookie, as it stands in the Cookie field; quotes belong to it.
// Cost:    O(length); a view of the caller's bytes.
// Absent:  when no cookie has that name or the first that has it is empty, as with nginx's `hash $cookie_name`.
// Source:  RFC 6265, section 4.2; white space that it does not allow is passed over.
#ifndef POISE_KEYS_COOKIE_HPP
#define POISE_KEYS_COOKIE_HPP

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>

#include <poise/detail/error.hpp>
#include <poise/detail/trimmed.hpp>

namespace poise::keys {

/// A cookie of a request: the first of its name, which is case-sensitive.
class cookie {
  public:
    /// `name` is not copied: the caller keeps its bytes alive. Throws std::invalid_argument when it is empty.
    constexpr explicit cookie(std::string_view name) : name_(name) {
        if (name.empty()) poise::detail::invalid("keys::cookie", "length of the name", 0, "at least 1");
    }

    /// HTTP/2 may split the field into several: join them by "; ", or ask for each in turn.
    [[nodiscard]] constexpr std::optional<std::string_view>
    operator()(std::string_view cookie_field_value) const noexcept {
        std::string_view rest = cookie_field_value;
        while (!rest.empty()) {
            const std::string_view pair = rest.substr(0, rest.find(';'));
            rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
            const std::size_t equals = pair.find('=');
            if (equals == std::string_view::npos || poise::detail::trimmed(pair.substr(0, equals)) != name_) continue;
            const std::string_view value = poise::detail::trimmed(pair.substr(equals + 1));
            return value.empty() ? std::nullopt : std::optional(value);
        }
        return std::nullopt;
    }

  private:
    std::string_view name_;
};

} // namespace poise::keys

#endif
