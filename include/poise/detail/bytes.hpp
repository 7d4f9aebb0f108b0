// SPDX-License-Identifier: MIT
// Bytes as numbers, the same on every machine and in constant evaluation.
#ifndef POISE_DETAIL_BYTES_HPP
#define POISE_DETAIL_BYTES_HPP

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>

namespace poise::detail {

/// What the two views of bytes, std::string_view and std::span<const std::uint8_t>, are made of.
template <class T>
concept byte_value = std::same_as<T, char> || std::same_as<T, std::uint8_t>;

/// The sizeof(Word) bytes at `from`, the least significant first.
template <std::unsigned_integral Word, byte_value Byte>
[[nodiscard]] constexpr Word little_endian(const Byte* from) noexcept {
    if (std::endian::native == std::endian::little && !std::is_constant_evaluated()) {
        // g++ 12 makes one load of the shifts below only where `from` is a plain pointer, not the end less something.
        Word word = 0;
        std::memcpy(&word, from, sizeof word);
        return word;
    }
    return [from]<std::size_t... I>(std::index_sequence<I...>) noexcept {
        return static_cast<Word>(((static_cast<Word>(static_cast<std::uint8_t>(from[I])) << (8U * I)) | ...));
    }(std::make_index_sequence<sizeof(Word)>{});
}

/// The sizeof(Word) bytes at `from`, the most significant first.
template <std::unsigned_integral Word, byte_value Byte>
[[nodiscard]] constexpr Word big_endian(const Byte* from) noexcept {
    return [from]<std::size_t... I>(std::index_sequence<I...>) noexcept {
        constexpr std::size_t last = sizeof(Word) - 1;
        return static_cast<Word>(((static_cast<Word>(static_cast<std::uint8_t>(from[last - I])) << (8U * I)) | ...));
    }(std::make_index_sequence<sizeof(Word)>{});
}

} // namespace poise::detail

#endif
