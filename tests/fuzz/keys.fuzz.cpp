// SPDX-License-Identifier: MIT
// Input: which key, its options (2 bytes), then the text; keys with a name take its length from the options and the
// name from the front of the text. What a key gives lies inside of the text and is what the plain model gives.
#include <algorithm>
#include <optional>

#include <poise/keys/cookie.hpp>
#include <poise/keys/header.hpp>
#include <poise/keys/rdp_cookie.hpp>
#include <poise/keys/source.hpp>
#include <poise/keys/uri.hpp>
#include <poise/keys/url_param.hpp>

#include "fuzz.hpp"
#include "keys/models.hpp"

namespace {

using fuzz::require;
namespace keys = poise::keys;

template <class Inner, class Outer>
void require_inside(const Inner& inner, const Outer& outer) {
    require(outer.data() <= inner.data(), "a key starts in its text");
    require(inner.data() + inner.size() <= outer.data() + outer.size(), "a key ends in its text");
}

void check(std::optional<std::string_view> key, std::string_view text, const std::optional<std::string>& expected) {
    if (key) require_inside(*key, text);
    require(key == expected, "a key is what the model gives");
}

void check_source(std::uint8_t ipv4, std::uint8_t ipv6, std::span<const std::uint8_t> address) {
    const std::uint32_t ipv4_bytes = 1U + ipv4 % 4U;
    const std::uint32_t ipv6_bytes = 1U + ipv6 % 16U;
    const auto key = keys::source({.ipv4_prefix = 8 * ipv4_bytes, .ipv6_prefix = 8 * ipv6_bytes})(address);
    require(key.has_value() == (address.size() == 4 || address.size() == 16), "an address has 4 or 16 bytes");
    if (!key) return;
    require_inside(*key, address);
    const std::string text(address.begin(), address.end());
    const bool mapped = text.size() == 16 && text.starts_with(std::string(10, '\0') + "\xff\xff");
    require(key->size() == (mapped || text.size() == 4 ? ipv4_bytes : ipv6_bytes), "a prefix has its size");
    require(text.compare(mapped ? 12 : 0, key->size(), std::string(key->begin(), key->end())) == 0, "and its bytes");
}

void check_uri(std::uint8_t flags, std::uint8_t number, std::string_view target) {
    keys::uri::options chosen{.whole = (flags & 1U) != 0, .path_only = (flags & 2U) != 0};
    if ((flags & 4U) != 0) chosen.len = 1U + number;
    if ((flags & 8U) != 0) chosen.depth = 1U + number % 8U;
    check(keys::uri(chosen)(target), target, test::model::uri(std::string(target), chosen));
}

void check_header(std::string_view value) {
    std::optional<std::string> expected = test::model::first_value(std::string(value));
    check(keys::header()(value), value, expected);
    if (expected) expected = test::model::domain(*expected);
    check(keys::header({.use_domain_only = true})(value), value, expected);
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::input in(data, size);
    const std::uint8_t which = in.byte();
    const std::uint8_t first = in.byte();
    const std::uint8_t second = in.byte();
    const auto name = [&] {
        const std::string_view taken = in.text(1U + first % 8U);
        return taken.empty() ? std::string_view("a") : taken;
    };
    switch (which % 6) {
    case 0: check_source(first, second, in.bytes(size)); break;
    case 1: check_uri(first, second, in.rest()); break;
    case 2: check_header(in.rest()); break;
    case 3: {
        const std::string_view parameter = name();
        const std::string_view target = in.rest();
        // A name with a separator of its own is HAProxy's to define, not the model's.
        const bool plain = parameter.find('&') == std::string_view::npos;
        const auto key = keys::url_param(parameter)(target);
        if (plain) check(key, target, test::model::url_param(std::string(target), std::string(parameter)));
        if (key) require_inside(*key, target);
        break;
    }
    case 5: {
        // a second byte of 0 is the ordinary name; the text comes in one piece and byte by byte
        const std::string_view cookie = second == 0 ? std::string_view("mstshash") : name();
        const std::string_view packet = in.rest();
        const keys::rdp_cookie key(cookie);
        check(key(packet), packet, test::model::rdp_cookie(std::string(packet), std::string(cookie)));
        const bool plain = cookie.find_first_of(" =\r\n") == std::string_view::npos;
        if (plain && packet.size() < 100) {
            const bool open = test::model::rdp_cookie_is_open(std::string(packet), std::string(cookie));
            require(key.wants_more(packet) == open, "more is wanted while it may help");
        }
        for (std::size_t cut = 0; cut < packet.size(); ++cut) {
            if (key.wants_more(packet.substr(0, cut))) continue;
            require(key(packet.substr(0, cut)) == key(packet), "and not when the answer is known");
        }
        break;
    }
    default: {
        const std::string_view cookie = name();
        const std::string_view field = in.rest();
        check(keys::cookie(cookie)(field), field, test::model::cookie(std::string(field), std::string(cookie)));
    }
    }
    return 0;
}
