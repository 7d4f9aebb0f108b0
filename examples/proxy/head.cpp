// SPDX-License-Identifier: MIT
#include "head.hpp"

#include <algorithm>

#include <boost/beast/core/string.hpp>

namespace proxy {

namespace {

bool same_word(std::string_view a, std::string_view b) {
    return boost::beast::iequals({a.data(), a.size()}, {b.data(), b.size()});
}

std::size_t count(const std::vector<field>& fields, http::field known) {
    return static_cast<std::size_t>(std::ranges::count(fields, known, &field::known));
}

const field* find(const std::vector<field>& fields, http::field known) {
    const auto found = std::ranges::find(fields, known, &field::known);
    return found == fields.end() ? nullptr : &*found;
}

enum class framing { sound, unknown_coding, malformed };

// One length of digits or one "chunked", never both: whoever reads anything else reads it differently.
framing framing_of(const std::vector<field>& fields, int version) {
    const std::size_t lengths = count(fields, http::field::content_length);
    const std::size_t codings = count(fields, http::field::transfer_encoding);
    if (lengths + codings > 1) return framing::malformed;
    if (lengths == 1) {
        const std::string_view digits = find(fields, http::field::content_length)->value;
        const bool plain = !digits.empty() && std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; });
        return plain ? framing::sound : framing::malformed;
    }
    if (codings == 1) {
        const std::string_view coding = find(fields, http::field::transfer_encoding)->value;
        if (version < 11 || coding.empty() || coding.find(',') != std::string_view::npos) return framing::malformed;
        return same_word(coding, "chunked") ? framing::sound : framing::unknown_coding;
    }
    return framing::sound;
}

bool is_host(std::string_view value) {
    constexpr std::string_view allowed = "-._~!$&'()*+,;=:[]%";
    return std::ranges::all_of(value, [&](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               allowed.find(c) != std::string_view::npos;
    });
}

bool is_target(const request_parser& request) {
    const std::string_view target = request.target;
    if (target.starts_with('/')) return true;
    if (target == "*") return request.method == http::verb::options;
    const std::size_t scheme = target.find("://");
    if (scheme == std::string_view::npos) return false;
    const std::string_view name = target.substr(0, scheme);
    const std::string_view host = destination_of(request).host;
    return (same_word(name, "http") || same_word(name, "https")) && !host.empty() && is_host(host);
}

// Whether the request line ends in something of the form HTTP/1.1, and so has a version that may be unknown.
bool names_version(std::string_view head) {
    const std::string_view line = head.substr(0, head.find('\r'));
    const std::string_view last = line.substr(std::min(line.rfind(' ') + 1, line.size()));
    const auto is_digit = [](char c) {
        return c >= '0' && c <= '9';
    };
    return std::ranges::count(line, ' ') == 2 && last.size() == 8 && last.starts_with("HTTP/") && is_digit(last[5]) &&
           last[6] == '.' && is_digit(last[7]);
}

} // namespace

bool is_clean(std::string_view lines) {
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const auto c = static_cast<unsigned char>(lines[i]);
        if ((c >= 0x20 && c != 0x7f) || c == '\t') continue;
        if (c != '\r' || i + 1 == lines.size() || lines[i + 1] != '\n') return false;
        ++i;
        if (i + 1 < lines.size() && (lines[i + 1] == ' ' || lines[i + 1] == '\t')) return false;
    }
    return true;
}

destination destination_of(const request_parser& request) {
    const std::string_view target = request.target;
    const std::size_t scheme = target.find("://");
    if (target.starts_with('/') || scheme == std::string_view::npos) return {{}, {}, target};
    const std::size_t host = scheme + 3;
    const std::size_t path = std::min(target.find_first_of("/?#", host), target.size());
    const bool bare = path == target.size() || target[path] != '/';
    return {target.substr(host, path - host), bare ? "/" : "", target.substr(path)};
}

bool may_trail(http::field known, std::string_view name) {
    switch (known) {
    case http::field::host:
    case http::field::connection:
    case http::field::content_length:
    case http::field::transfer_encoding:
    case http::field::authorization:
    case http::field::via: return false;
    default: return !same_word(name, "X-Forwarded-For");
    }
}

head_scanner::state head_scanner::scan(std::string_view bytes) noexcept {
    while (scanned_ < bytes.size()) {
        const std::size_t end = bytes.find('\n', scanned_);
        if (end == std::string_view::npos) {
            scanned_ = bytes.size();
            break;
        }
        if (end >= max_head) return state::too_large; // also when it is malformed: in pieces, nobody would know yet
        if (end == 0 || bytes[end - 1] != '\r') return state::malformed;
        scanned_ = end + 1;
        if (end == line_ + 1) return state::complete;
        line_ = scanned_;
    }
    return scanned_ > max_head ? state::too_large : state::more;
}

std::optional<http::status> refusal(std::string_view head, const request_parser& request, error_code ec) {
    if (!is_clean(head)) return http::status::bad_request;
    if (ec == http::error::bad_version && names_version(head)) return http::status::http_version_not_supported;
    if (ec) return http::status::bad_request;
    switch (framing_of(request.fields, request.version)) {
    case framing::sound: break;
    case framing::unknown_coding: return http::status::not_implemented;
    case framing::malformed: return http::status::bad_request;
    }
    const std::size_t hosts = count(request.fields, http::field::host);
    if (hosts > 1 || (hosts == 0 && request.version >= 11)) return http::status::bad_request;
    if (hosts == 1 && !is_host(find(request.fields, http::field::host)->value)) return http::status::bad_request;
    if (request.method == http::verb::connect) return http::status::not_implemented;
    if (!is_target(request)) return http::status::bad_request;
    return std::nullopt;
}

bool is_sound(std::string_view head, const response_parser& response, error_code ec) {
    // A status below 100 would be written with fewer than three digits.
    return !ec && response.status >= 100 && is_clean(head) &&
           framing_of(response.fields, response.version) == framing::sound;
}

} // namespace proxy
