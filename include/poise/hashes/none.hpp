// SPDX-License-Identifier: MIT
// HAProxy's hash function `none`: the key is a decimal number, and the number is the hash. Spreads nothing, defends
// against nothing: for keys that are hashes or shard numbers already.
// Source: HAProxy, gen_hash in src/backend.c and read_int64 in src/tools.c.
#ifndef POISE_HASHES_NONE_HPP
#define POISE_HASHES_NONE_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace poise::hashes {

/// The lower 32 bits of the number at the start of the key: one '-' or '+' at most, then digits up to the first byte
/// that is none; without a digit there, 0. A number outside -2^63 .. 2^63 - 1 counts as the nearer of the two, hence as
/// 0 or 0xffffffff. Blanks are not skipped.
struct none {
  private:
    // Before its callers: clang 19 cannot use it in constant evaluation otherwise.
    template <class Bytes>
    static constexpr std::uint32_t of(Bytes bytes) noexcept {
        constexpr std::uint64_t limit = std::uint64_t{1} << 63U;
        const bool negative = !bytes.empty() && bytes.front() == '-';
        const bool has_sign = negative || (!bytes.empty() && bytes.front() == '+');
        std::uint64_t magnitude = 0;
        for (std::size_t i = has_sign ? 1 : 0; i < bytes.size() && '0' <= bytes[i] && bytes[i] <= '9'; ++i) {
            const auto digit = static_cast<std::uint64_t>(bytes[i] - '0');
            magnitude = magnitude > (limit - digit) / 10 ? limit : magnitude * 10 + digit;
        }
        return static_cast<std::uint32_t>(negative ? 0 - magnitude : std::min(magnitude, limit - 1));
    }

  public:
    [[nodiscard]] constexpr std::uint32_t operator()(std::string_view bytes) const noexcept { return of(bytes); }
    [[nodiscard]] constexpr std::uint32_t operator()(std::span<const std::uint8_t> bytes) const noexcept {
        return of(bytes);
    }
};

} // namespace poise::hashes

#endif
