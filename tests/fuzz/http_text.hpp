// SPDX-License-Identifier: MIT
// HTTP read once more, without Beast: a head line by line, as strictly as RFC 9112 has it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fuzz {

struct plain_field {
    std::string name; ///< in lower case
    std::string value;

    friend bool operator==(const plain_field&, const plain_field&) = default;
};

struct plain_head {
    std::string first_line;
    std::vector<plain_field> fields;
};

inline std::string lower(std::string_view text) {
    std::string result(text);
    for (char& c : result) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return result;
}

inline bool is_token_char(char c) {
    constexpr std::string_view others = "!#$%&'*+-.^_`|~0123456789";
    const std::string small = lower({&c, 1});
    return (small[0] >= 'a' && small[0] <= 'z') || others.find(c) != std::string_view::npos;
}

inline bool is_token(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, is_token_char);
}

inline bool is_text(std::string_view text) {
    return std::ranges::all_of(text, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return c == '\t' || (byte >= 0x20 && byte != 0x7f);
    });
}

inline std::string_view without_blanks(std::string_view text) {
    while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
    while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
    return text;
}

/// Takes a line off the front. Empty when no line ends there, or not in CR LF, or holds what a line may not hold.
inline std::optional<std::string_view> take_line(std::string_view& text) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos || end == 0 || text[end - 1] != '\r') return std::nullopt;
    const std::string_view line = text.substr(0, end - 1);
    text.remove_prefix(end + 1);
    return is_text(line) ? std::optional(line) : std::nullopt;
}

inline std::optional<plain_field> field_of(std::string_view line) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) return std::nullopt;
    return plain_field{lower(line.substr(0, colon)), std::string(without_blanks(line.substr(colon + 1)))};
}

/// A first line and fields up to an empty line, with which `text` ends.
inline std::optional<plain_head> read_head(std::string_view text) {
    const auto first = take_line(text);
    if (!first) return std::nullopt;
    plain_head result{std::string(*first), {}};
    for (;;) {
        const auto line = take_line(text);
        if (!line) return std::nullopt;
        if (line->empty()) return text.empty() ? std::optional(result) : std::nullopt;
        const auto field = field_of(*line);
        if (!field) return std::nullopt;
        result.fields.push_back(*field);
    }
}

/// What is between the commas of all fields of that name, in lower case.
inline std::vector<std::string> list_of(const plain_head& head, std::string_view name) {
    std::vector<std::string> result;
    for (const plain_field& f : head.fields) {
        if (f.name != name) continue;
        for (std::string_view rest = f.value;;) {
            const std::size_t comma = rest.find(',');
            result.push_back(lower(without_blanks(rest.substr(0, comma))));
            if (comma == std::string_view::npos) break;
            rest.remove_prefix(comma + 1);
        }
    }
    return result;
}

enum class end_of { chunks, unfinished, malformed };

struct chunked_body {
    end_of how;
    std::size_t size;  ///< bytes that belong to it, up to where it stops
    bool has_trailers; ///< fields behind the last chunk
};

namespace detail {

inline void skip_blanks(std::string_view& text) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
}

inline bool take_token(std::string_view& text) {
    const auto end = static_cast<std::size_t>(std::ranges::find_if_not(text, is_token_char) - text.begin());
    text.remove_prefix(end);
    return end > 0;
}

inline bool take_quoted(std::string_view& text) {
    for (std::size_t i = 1; i < text.size(); ++i) {
        if (text[i] == '\\') {
            ++i;
        } else if (text[i] == '"') {
            text.remove_prefix(i + 1);
            return true;
        }
    }
    return false;
}

/// RFC 9112, section 7.1.1: *( BWS ";" BWS name [ BWS "=" BWS value ] ).
inline bool are_extensions(std::string_view text) {
    while (!text.empty()) {
        skip_blanks(text);
        if (!text.starts_with(';')) return false;
        text.remove_prefix(1);
        skip_blanks(text);
        if (!take_token(text)) return false;
        std::string_view ahead = text;
        skip_blanks(ahead);
        if (!ahead.starts_with('=')) continue;
        ahead.remove_prefix(1);
        skip_blanks(ahead);
        if (!(ahead.starts_with('"') ? take_quoted(ahead) : take_token(ahead))) return false;
        text = ahead;
    }
    return true;
}

} // namespace detail

/// RFC 9112, section 7.1: where the chunks at the start of `text` end.
inline chunked_body read_chunks(std::string_view text) {
    constexpr std::string_view line_end = "\r\n";
    const std::size_t all = text.size();
    bool has_trailers = false;
    const auto stop = [&](end_of how, std::size_t left) {
        return chunked_body{how, all - left, has_trailers};
    };
    // No line could be taken: it is bad if its end is there.
    const auto stop_in_line = [&] {
        return stop(text.find('\n') == std::string_view::npos ? end_of::unfinished : end_of::malformed, text.size());
    };
    for (;;) {
        std::string_view behind = text;
        const auto line = take_line(behind);
        if (!line) return stop_in_line();
        const std::size_t digits = std::min(line->find_first_not_of("0123456789abcdefABCDEF"), line->size());
        const std::string_view number = line->substr(0, digits);
        const std::size_t zeros = std::min(number.find_first_not_of('0'), digits);
        if (digits == 0 || digits - zeros > 16 || !detail::are_extensions(line->substr(digits))) {
            return stop(end_of::malformed, text.size());
        }
        text = behind;
        const std::uint64_t size = zeros == digits ? 0 : std::stoull(std::string(number), nullptr, 16);
        if (size == 0) break;
        if (size > text.size()) return stop(end_of::unfinished, 0);
        text.remove_prefix(size);
        for (const char c : line_end) {
            if (text.empty()) return stop(end_of::unfinished, 0);
            if (text.front() != c) return stop(end_of::malformed, text.size());
            text.remove_prefix(1);
        }
    }
    for (;;) {
        std::string_view behind = text;
        const auto line = take_line(behind);
        if (!line) return stop_in_line();
        if (!line->empty() && !field_of(*line)) return stop(end_of::malformed, text.size());
        text = behind;
        if (line->empty()) return stop(end_of::chunks, text.size());
        has_trailers = true;
    }
}

} // namespace fuzz
