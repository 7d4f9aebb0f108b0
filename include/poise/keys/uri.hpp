// SPDX-License-Identifier: MIT
// Gives:   the target of a request up to its query, or a part of that: so many bytes, so many directories.
// Cost:    O(length); a view of the caller's bytes.
// Absent:  never; a target without a path has the empty key with `path_only`, and HAProxy hashes it.
// Source:  HAProxy, `balance uri`: get_server_uh in backend.c, http_parse_path in http.c.
#ifndef POISE_KEYS_URI_HPP
#define POISE_KEYS_URI_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <poise/detail/error.hpp>

namespace poise::keys {

/// The target of a request, as the request line or :path has it.
class uri {
  public:
    struct options {
        std::optional<std::uint32_t> len = std::nullopt;   ///< bytes that count, before all else; at least 1
        std::optional<std::uint32_t> depth = std::nullopt; ///< slashes that count, the key ends before the next
        bool whole = false;                                ///< the query counts too
        bool path_only = false;                            ///< neither scheme nor authority: http://a/b is /b
    };

    constexpr uri() noexcept = default;

    /// Throws std::invalid_argument on a len or depth of 0.
    constexpr explicit uri(options chosen) : options_(chosen) {
        if (chosen.len == 0U) poise::detail::invalid("keys::uri", "len", 0, "at least 1");
        if (chosen.depth == 0U) poise::detail::invalid("keys::uri", "depth", 0, "at least 1");
    }

    /// The first slash of a path counts for `depth`, and so do those of "http://" without `path_only` and those of
    /// the query with `whole`.
    [[nodiscard]] constexpr std::optional<std::string_view> operator()(std::string_view target) const noexcept {
        if (options_.path_only) target = path_of(target);
        if (options_.len) target = target.substr(0, *options_.len);
        if (!options_.whole) target = target.substr(0, target.find('?'));
        if (options_.depth) target = target.substr(0, next_slash(target, *options_.depth));
        return target;
    }

  private:
    /// Where the slash behind the first `passed` slashes is, or npos.
    [[nodiscard]] static constexpr std::size_t next_slash(std::string_view text, std::uint32_t passed) noexcept {
        std::size_t slash = text.find('/');
        for (; passed > 0 && slash != std::string_view::npos; --passed) slash = text.find('/', slash + 1);
        return slash;
    }

    /// What follows scheme and authority. Empty at the end of `target` when there is no path: for "*", and for an
    /// authority alone, as CONNECT has it.
    [[nodiscard]] static constexpr std::string_view path_of(std::string_view target) noexcept {
        if (target.starts_with('/')) return target;
        const std::size_t scheme = std::min(target.find("://"), target.size());
        if (scheme == target.size() || !is_scheme(target.substr(0, scheme))) return target.substr(target.size());
        return target.substr(std::min(target.find_first_of("/?#", scheme + 3), target.size()));
    }

    [[nodiscard]] static constexpr bool is_scheme(std::string_view text) noexcept {
        return !text.empty() && is_letter(text.front()) && std::ranges::all_of(text, [](char c) {
            return is_letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
        });
    }
    [[nodiscard]] static constexpr bool is_letter(char c) noexcept {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    }

    options options_;
};

} // namespace poise::keys

#endif
