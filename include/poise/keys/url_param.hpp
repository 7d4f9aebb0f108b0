// SPDX-License-Identifier: MIT
// Gives:   the value of a parameter of the query, as it stands there: the part behind "name=", not decoded.
// Cost:    O(length); a view of the caller's bytes.
// Absent:  when the query has no "name="; an empty value is a key.
// Source:  HAProxy, `balance url_param`: get_server_ph in backend.c.
#ifndef POISE_KEYS_URL_PARAM_HPP
#define POISE_KEYS_URL_PARAM_HPP

#include <cstddef>
#include <optional>
#include <string_view>

#include <poise/detail/error.hpp>

namespace poise::keys {

/// A parameter of the query of a request's target: the first of its name, which is case-sensitive.
class url_param {
  public:
    /// `name` is not copied: the caller keeps its bytes alive. Throws std::invalid_argument when it is empty.
    constexpr explicit url_param(std::string_view name) : name_(name) {
        if (name.empty()) poise::detail::invalid("keys::url_param", "length of the name", 0, "at least 1");
    }

    [[nodiscard]] constexpr std::optional<std::string_view> operator()(std::string_view target) const noexcept {
        // The query begins behind the first '?', a parameter there and behind each '&'.
        for (std::size_t mark = target.find('?'); mark != std::string_view::npos; mark = target.find('&')) {
            target.remove_prefix(mark + 1);
            if (!target.starts_with(name_) || !target.substr(name_.size()).starts_with('=')) continue;
            const std::string_view value = target.substr(name_.size() + 1);
            return value.substr(0, value.find('&'));
        }
        return std::nullopt;
    }

  private:
    std::string_view name_;
};

} // namespace poise::keys

#endif
