// SPDX-License-Identifier: MIT
// Gives:   the value of the cookie in an RDP connection request: the user of mstshash, the server of msts.
// Cost:    O(length); a view of the caller's bytes.
// Absent:  when the request has no such cookie, or it is empty, or its end is not there.
// Source:  HAProxy, `balance rdp-cookie(name)`: fetch_rdp_cookie_name in src/tcp_sample.c; Microsoft, [MS-RDPBCGR] 2.2.1.1.
#ifndef POISE_KEYS_RDP_COOKIE_HPP
#define POISE_KEYS_RDP_COOKIE_HPP

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <poise/detail/error.hpp>

namespace poise::keys {

/// The cookie of an X.224 connection request: "Cookie: name=value" and the end of a line, behind 11 bytes of headers,
/// which are not looked at. The name is not case-sensitive.
class rdp_cookie {
  public:
    /// `name` is not copied: the caller keeps its bytes alive. Throws std::invalid_argument when it is empty.
    constexpr explicit rdp_cookie(std::string_view name = "mstshash") : name_(name) {
        if (name.empty()) poise::detail::invalid("keys::rdp_cookie", "length of the name", 0, "at least 1");
    }

    /// From the first bytes of a connection.
    [[nodiscard]] constexpr std::optional<std::string_view> operator()(std::string_view packet) const noexcept {
        const reading read = examined(packet);
        return read.is == answer::found ? std::optional(read.value) : std::nullopt;
    }

    /// Whether more bytes may still change the answer: wait for them, for as long as you like, before taking "none".
    [[nodiscard]] constexpr bool wants_more(std::string_view packet) const noexcept {
        return examined(packet).is == answer::open;
    }

  private:
    enum class answer : std::uint8_t { found, none, open };
    struct reading {
        answer is;
        std::string_view value = {};
    };

    [[nodiscard]] constexpr reading examined(std::string_view rest) const noexcept {
        constexpr std::size_t headers = 11; // TPKT's 4, X.224's 7
        constexpr std::string_view field = "cookie:";
        if (rest.size() <= headers) return {answer::open};
        rest.remove_prefix(headers);
        if (!begin_alike(rest, field)) return {answer::none};
        if (rest.size() <= field.size()) return {answer::open};
        rest.remove_prefix(field.size());
        rest.remove_prefix(rest.find_first_not_of(' ') == std::string_view::npos ? rest.size()
                                                                                 : rest.find_first_not_of(' '));
        if (!begin_alike(rest, name_)) return {answer::none};
        if (rest.size() <= name_.size()) return {answer::open};
        if (rest[name_.size()] != '=') return {answer::none};
        rest.remove_prefix(name_.size() + 1);
        const std::size_t end = rest.find('\r');
        if (end == 0) return {answer::none}; // empty
        if (end == std::string_view::npos || end + 1 == rest.size()) return {answer::open};
        if (rest[end + 1] != '\n') return {answer::none};
        return {answer::found, rest.substr(0, end)};
    }

    // As far as both go.
    [[nodiscard]] static constexpr bool begin_alike(std::string_view a, std::string_view b) noexcept {
        const auto lower = [](char c) {
            return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        };
        for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) {
            if (lower(a[i]) != lower(b[i])) return false;
        }
        return true;
    }

    std::string_view name_;
};

} // namespace poise::keys

#endif
