// SPDX-License-Identifier: MIT
// The one place where Poise gives up on an argument: an exception, or, where those are off, the same words and the end.
#ifndef POISE_DETAIL_ERROR_HPP
#define POISE_DETAIL_ERROR_HPP

#include <cstdint>
#include <string>
#include <string_view>

#if defined(__cpp_exceptions)
#include <stdexcept>
#else
#include <cstdio>
#include <cstdlib>
#endif

namespace poise::detail {

/// Throws std::invalid_argument: "poise: <who>: <what> <value> (expected <expected>)".
[[noreturn]] inline void invalid(std::string_view who, std::string_view what, std::string_view value,
                                 std::string_view expected) {
    std::string message = "poise: ";
    message.append(who).append(": ").append(what).append(" ");
    for (const char c : value) message.push_back(static_cast<unsigned char>(c) < 0x20U ? '?' : c); // stays one line
    message.append(" (expected ").append(expected).append(")");
#if defined(__cpp_exceptions)
    throw std::invalid_argument(message);
#else
    std::fprintf(stderr, "%s\n", message.c_str());
    std::abort();
#endif
}
[[noreturn]] inline void invalid(std::string_view who, std::string_view what, std::uint64_t value,
                                 std::string_view expected) {
    invalid(who, what, std::string_view(std::to_string(value)), expected);
}

} // namespace poise::detail

#endif
