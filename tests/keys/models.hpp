// SPDX-License-Identifier: MIT
// The keys of text once more, byte by byte and with copies: the unit tests and the fuzzer hold the library to them.
#ifndef POISE_TESTS_KEYS_MODELS_HPP
#define POISE_TESTS_KEYS_MODELS_HPP

#include <cstdint>
#include <optional>
#include <sstream>
#include <string>

#include <poise/keys/uri.hpp>

namespace test::model {

inline bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

inline std::string trimmed(std::string text) {
    while (!text.empty() && is_blank(text.back())) text.pop_back();
    std::size_t blanks = 0;
    while (blanks < text.size() && is_blank(text[blanks])) ++blanks;
    return text.substr(blanks);
}

/// What is behind scheme and authority; nothing if there is neither a scheme nor a path.
inline std::string path(const std::string& target) {
    if (target.starts_with('/')) return target;
    const std::string letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    const std::size_t end = target.find_first_not_of(letters + "0123456789+-.");
    if (end == std::string::npos || target.find_first_of(letters) != 0 || target.compare(end, 3, "://") != 0) return {};
    std::size_t i = end + 3;
    while (i < target.size() && target[i] != '/' && target[i] != '?' && target[i] != '#') ++i;
    return target.substr(i);
}

/// One byte after the other, as HAProxy's get_server_uh goes.
inline std::string uri(const std::string& target, const poise::keys::uri::options& chosen) {
    std::string result;
    std::uint64_t slashes = 0;
    for (const char c : chosen.path_only ? path(target) : target) {
        if (chosen.len && result.size() == *chosen.len) break;
        if (c == '/') ++slashes;
        if (c == '/' && chosen.depth && slashes == std::uint64_t{*chosen.depth} + 1) break;
        if (c == '?' && !chosen.whole) break;
        result += c;
    }
    return result;
}

inline std::optional<std::string> url_param(const std::string& target, const std::string& name) {
    const std::size_t mark = target.find('?');
    if (mark == std::string::npos) return std::nullopt;
    std::istringstream query(target.substr(mark + 1));
    for (std::string parameter; std::getline(query, parameter, '&');) {
        if (parameter.compare(0, name.size() + 1, name + '=') == 0) return parameter.substr(name.size() + 1);
    }
    return std::nullopt;
}

inline std::optional<std::string> first_value(const std::string& list) {
    enum { outside, inside, escaped } at = outside;
    std::string result;
    for (const char c : list) {
        if (at == outside && c == ',') break;
        result += c;
        switch (at) {
        case outside: at = c == '"' ? inside : outside; break;
        case inside: at = c == '"' ? outside : c == '\\' ? escaped : inside; break;
        case escaped: at = inside; break;
        }
    }
    result = trimmed(result);
    return result.empty() ? std::nullopt : std::optional(result);
}

/// From the right as HAProxy's get_server_hh goes, but starting inside of the value, which is not empty.
inline std::string domain(std::string value) {
    if (value[0] == '[') return value;
    for (const bool again : {true, false}) {
        std::size_t dot = value.size() - 1;
        while (dot > 0 && value[dot] != '.') --dot;
        if (dot == 0) break;
        if (again && (dot == value.size() - 1 || value[dot + 1] == ':')) {
            value.resize(dot);
            continue;
        }
        std::size_t first = dot - 1;
        while (first > 0 && value[first - 1] != '.') --first;
        return value.substr(first, dot - first);
    }
    return value;
}

inline std::optional<std::string> cookie(const std::string& field, const std::string& name) {
    std::istringstream pairs(field);
    for (std::string pair; std::getline(pairs, pair, ';');) {
        const std::size_t equals = pair.find('=');
        if (equals == std::string::npos || trimmed(pair.substr(0, equals)) != name) continue;
        const std::string value = trimmed(pair.substr(equals + 1));
        return value.empty() ? std::nullopt : std::optional(value);
    }
    return std::nullopt;
}

/// One byte after the other, as HAProxy's fetch_rdp_cookie_name goes.
inline std::optional<std::string> rdp_cookie(const std::string& packet, const std::string& name) {
    std::size_t at = 11;
    const auto takes = [&](const std::string& text) {
        for (const char c : text) {
            const auto small = [](char letter) {
                return letter >= 'A' && letter <= 'Z' ? letter - 'A' + 'a' : int{letter};
            };
            if (at >= packet.size() || small(packet[at]) != small(c)) return false;
            ++at;
        }
        return true;
    };
    if (!takes("Cookie:")) return std::nullopt;
    while (at < packet.size() && packet[at] == ' ') ++at;
    if (!takes(name) || !takes("=")) return std::nullopt;
    std::string value;
    while (at < packet.size() && packet[at] != '\r') value += packet[at++];
    if (!takes("\r\n") || value.empty()) return std::nullopt;
    return value;
}

/// Whether some more bytes would give a key where there is none yet, or may have to be awaited: tried out.
inline bool rdp_cookie_is_open(const std::string& packet, const std::string& name) {
    if (rdp_cookie(packet, name)) return false;
    const std::string whole = std::string(11, '\0') + "Cookie:" + name + "=v\r\n";
    for (std::size_t from = 0; from < whole.size(); ++from) {
        if (rdp_cookie(packet + whole.substr(from), name)) return true;
    }
    return false;
}

} // namespace test::model

#endif
