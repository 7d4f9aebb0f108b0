// SPDX-License-Identifier: MIT
// Keys by name: which part of a request, and how it is hashed, read from the words of an option text.
#ifndef POISE_ANY_NAMED_KEYS_HPP
#define POISE_ANY_NAMED_KEYS_HPP

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <poise/any/words.hpp>
#include <poise/hashes/avalanche.hpp>
#include <poise/hashes/crc32.hpp>
#include <poise/hashes/djb2.hpp>
#include <poise/hashes/hashed.hpp>
#include <poise/hashes/none.hpp>
#include <poise/hashes/sdbm.hpp>
#include <poise/hashes/wt6.hpp>
#include <poise/hashes/xor_words.hpp>
#include <poise/key_source.hpp>
#include <poise/keys/cookie.hpp>
#include <poise/keys/header.hpp>
#include <poise/keys/rdp_cookie.hpp>
#include <poise/keys/source.hpp>
#include <poise/keys/uri.hpp>
#include <poise/keys/url_param.hpp>

namespace poise::detail {

/// A name as it was asked for, "url_param(id)": what stands before the parentheses, and what in them.
struct called {
    std::string_view name;
    std::optional<std::string_view> argument;

    explicit called(std::string_view text) : name(text.substr(0, text.find('('))) {
        if (name.size() == text.size() || text.back() != ')') {
            name = text;
            return;
        }
        argument = text.substr(name.size() + 1, text.size() - name.size() - 2);
    }
};

/// Part of a request, not hashed yet.
struct key_bytes {
    key_needs needs;
    std::function<std::optional<std::string_view>(const attributes&)> of;
    key_source::appetite wants_more = {};
};

[[nodiscard]] inline std::string_view as_text(std::span<const std::uint8_t> bytes) noexcept {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

[[nodiscard]] inline key_bytes address_bytes(words& options, std::span<const std::uint8_t> attributes::* which) {
    keys::source::options chosen;
    chosen.ipv4_prefix = options.number<std::uint32_t>("ipv4_prefix").value_or(chosen.ipv4_prefix);
    chosen.ipv6_prefix = options.number<std::uint32_t>("ipv6_prefix").value_or(chosen.ipv6_prefix);
    return {.needs = key_needs::addresses,
            .of = [which, key = keys::source(chosen)](const attributes& a) -> std::optional<std::string_view> {
                const auto bytes = key(a.*which);
                return bytes ? std::optional(as_text(*bytes)) : std::nullopt;
            }};
}

[[nodiscard]] inline key_bytes uri_bytes(words& options) {
    const keys::uri key({.len = options.number<std::uint32_t>("len", 1),
                         .depth = options.number<std::uint32_t>("depth", 1),
                         .whole = options.flag("whole"),
                         .path_only = options.flag("path-only")});
    return {.needs = key_needs::http, .of = [key](const attributes& a) {
                return a.target ? key(*a.target) : std::nullopt;
            }};
}

[[nodiscard]] inline key_bytes url_param_bytes(std::string name) {
    return {.needs = key_needs::http, .of = [name = std::move(name)](const attributes& a) {
                return a.target ? keys::url_param(name)(*a.target) : std::nullopt;
            }};
}

[[nodiscard]] inline key_bytes header_bytes(words& options, std::string name) {
    const keys::header key({.use_domain_only = options.flag("use_domain_only")});
    return {.needs = key_needs::http, .of = [key, name = std::move(name)](const attributes& a) {
                const auto field = a.fields(name);
                return field ? key(*field) : std::nullopt;
            }};
}

[[nodiscard]] inline key_bytes cookie_bytes(std::string name) {
    return {.needs = key_needs::http, .of = [name = std::move(name)](const attributes& a) {
                const auto field = a.fields("cookie");
                return field ? keys::cookie(name)(*field) : std::nullopt;
            }};
}

[[nodiscard]] inline key_bytes rdp_cookie_bytes(const std::string& name) {
    return {.needs = key_needs::first_bytes,
            .of =
                [name](const attributes& a) {
                    return a.first_bytes ? keys::rdp_cookie(name)(*a.first_bytes) : std::nullopt;
                },
            .wants_more =
                [name](std::string_view first) {
                    return keys::rdp_cookie(name).wants_more(first);
                }};
}

inline constexpr std::string_view key_kinds =
    "source|destination|uri|url_param(NAME)|header(NAME)|cookie(NAME)|rdp_cookie(NAME)";

/// "key KEY", and what belongs to that KEY; the client's address when the words do not say.
[[nodiscard]] inline key_bytes any_bytes(words& options) {
    constexpr std::array<std::string_view, 7> kinds{
        "source", "destination", "uri", "url_param(NAME)", "header(NAME)", "cookie(NAME)", "rdp_cookie(NAME)"};
    constexpr std::array<std::string_view, 7> names{"source", "destination", "uri",       "url_param",
                                                    "header", "cookie",      "rdp_cookie"};
    const std::string_view text = options.value("key", key_kinds).value_or("source");
    const called key(text);
    const auto kind = static_cast<std::size_t>(std::ranges::find(names, key.name) - names.begin());
    const bool named = kind >= 3 && key.argument && !key.argument->empty();
    if (kind == names.size() || named != (kind >= 3) || (!named && key.argument)) {
        invalid(options.whose(), "key", text, expected_of(kinds, near_miss(key.name, names)));
    }
    const std::string name(key.argument.value_or(""));
    switch (kind) {
    case 0: return address_bytes(options, &attributes::source);
    case 1: return address_bytes(options, &attributes::destination);
    case 2: return uri_bytes(options);
    case 3: return url_param_bytes(name);
    case 4: return header_bytes(options, name);
    case 5: return cookie_bytes(name);
    default: return rdp_cookie_bytes(name);
    }
}

/// These bytes under that hash, std::optional<key_hash>(std::string_view).
template <class Hash>
[[nodiscard]] key_source hashed_by(key_bytes bytes, Hash hash) {
    return {bytes.needs,
            [of = std::move(bytes.of), hash = std::move(hash)](const attributes& a) -> std::optional<key_hash> {
                const auto key = of(a);
                return key ? std::optional<key_hash>(hash(*key)) : std::nullopt;
            },
            std::move(bytes.wants_more)};
}

using hash_function = key_hash (*)(std::string_view) noexcept;
template <class Hash>
[[nodiscard]] key_hash hash_with(std::string_view bytes) noexcept {
    return hashed(bytes, Hash{});
}

/// Poise's own: "hash NAME".
[[nodiscard]] inline hash_function any_hash(words& options) {
    static constexpr std::array<std::pair<std::string_view, hash_function>, 3> known{
        {{"wyhash", hash_with<hashes::wyhash>},
         {"crc32", hash_with<hashes::crc32>},
         {"none", hash_with<hashes::none>}}};
    return options.one_of("hash", known).value_or(known.front().second);
}

/// HAProxy hashes addresses by a rule of their own, whatever the function.
enum class hashed_as { text, address };

/// HAProxy's hash-function and hash-modifier over these bytes. Consistent hashing needs the spread unless the user has
/// chosen the function.
[[nodiscard]] inline key_source haproxy_key(words& options, key_bytes bytes, bool consistent, hashed_as as) {
    using function = std::uint32_t (*)(std::string_view);
    static constexpr std::array<std::pair<std::string_view, function>, 5> functions{{{"sdbm",
                                                                                      [](std::string_view b) {
                                                                                          return hashes::sdbm{}(b);
                                                                                      }},
                                                                                     {"djb2",
                                                                                      [](std::string_view b) {
                                                                                          return hashes::djb2{}(b);
                                                                                      }},
                                                                                     {"wt6",
                                                                                      [](std::string_view b) {
                                                                                          return hashes::wt6{}(b);
                                                                                      }},
                                                                                     {"crc32",
                                                                                      [](std::string_view b) {
                                                                                          return hashes::crc32{}(b);
                                                                                      }},
                                                                                     {"none", [](std::string_view b) {
                                                                                          return hashes::none{}(b);
                                                                                      }}}};
    static constexpr std::array<std::pair<std::string_view, bool>, 1> modifiers{{{"avalanche", true}}};
    const auto named = options.one_of("hash-function", functions);
    const bool spread = options.one_of("hash-modifier", modifiers).value_or(consistent && !named);
    const function hash =
        as == hashed_as::address ? [](std::string_view b) { return hashes::xor_words{}(b); } : named.value_or(functions[0].second);
    return hashed_by(std::move(bytes), [hash, spread](std::string_view key) {
        const std::uint32_t value = hash(key);
        return key_hash{spread ? hashes::avalanche(value) : value};
    });
}

} // namespace poise::detail

#endif
