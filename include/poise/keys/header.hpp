// SPDX-License-Identifier: MIT
// Gives:   the first of the comma-separated values of a field; of a host name, the label left of the top level.
// Cost:    O(length); a view of the caller's bytes.
// Absent:  when that value is empty.
// Source:  HAProxy, `balance hdr(name)`: get_server_hh in backend.c, http_find_hdr_value_end in http.c.
#ifndef POISE_KEYS_HEADER_HPP
#define POISE_KEYS_HEADER_HPP

#include <cstddef>
#include <optional>
#include <string_view>

#include <poise/detail/trimmed.hpp>

namespace poise::keys {

/// The value of a header field. Of several fields with one name, HAProxy takes the first.
class header {
  public:
    struct options {
        bool use_domain_only = false; ///< the label left of the last dot: "1wt" of haproxy.1wt.eu, with or without port
    };

    constexpr header() noexcept = default;
    constexpr explicit header(options chosen) noexcept : options_(chosen) {}

    /// A comma inside double quotes does not end a value.
    [[nodiscard]] constexpr std::optional<std::string_view> operator()(std::string_view field_value) const noexcept {
        const std::string_view value = poise::detail::trimmed(field_value.substr(0, end_of_first(field_value)));
        if (value.empty()) return std::nullopt;
        return options_.use_domain_only ? domain_of(value) : value;
    }

  private:
    [[nodiscard]] static constexpr std::size_t end_of_first(std::string_view list) noexcept {
        bool quoted = false;
        for (std::size_t i = 0; i < list.size(); ++i) {
            if (list[i] == ',' && !quoted) return i;
            if (list[i] == '"') {
                quoted = !quoted;
            } else if (list[i] == '\\' && quoted) {
                ++i; // the next byte, if there is one, is not special
            }
        }
        return list.size();
    }

    // HAProxy looks for the last dot one byte beyond the value; here it is looked for inside. Two more things differ:
    // a dot that ends a fully qualified name is not the last dot, so that example.com. is where example.com is, and
    // an IPv6 address in brackets has no labels. Without a dot, the value counts as a whole, and a label has at least
    // one byte, even if that is a dot.
    [[nodiscard]] static constexpr std::string_view domain_of(std::string_view value) noexcept {
        if (value.starts_with('[')) return value;
        std::size_t dot = value.rfind('.');
        if (is_inside(dot) && (dot + 1 == value.size() || value[dot + 1] == ':')) {
            value = value.substr(0, dot);
            dot = value.rfind('.');
        }
        if (!is_inside(dot)) return value;
        return value.substr(0, dot).substr(value.substr(0, dot - 1).rfind('.') + 1); // npos + 1 is 0
    }
    [[nodiscard]] static constexpr bool is_inside(std::size_t dot) noexcept {
        return dot != std::string_view::npos && dot > 0;
    }

    options options_;
};

} // namespace poise::keys

#endif
