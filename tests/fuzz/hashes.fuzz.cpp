// SPDX-License-Identifier: MIT
// Input: a seed (8 bytes), a place to cut (1 byte), then what is hashed. A hash is a function of the bytes alone: not of
// their type, of where they lie, nor of what lies around them. Where the definition is short, it is here once more.
#include <poise/hashes/avalanche.hpp>
#include <poise/hashes/byte_hash.hpp>
#include <poise/hashes/crc32.hpp>
#include <poise/hashes/djb2.hpp>
#include <poise/hashes/hashed.hpp>
#include <poise/hashes/none.hpp>
#include <poise/hashes/sdbm.hpp>
#include <poise/hashes/siphash.hpp>
#include <poise/hashes/wt6.hpp>
#include <poise/hashes/wyhash.hpp>
#include <poise/hashes/xor_words.hpp>

#include <vector>

#include "fuzz.hpp"

namespace {

using fuzz::require;
namespace hashes = poise::hashes;
using numbers = std::span<const std::uint8_t>;

/// The hash of `bytes`, which is the same for all ways to give them.
template <hashes::byte_hash Hash>
auto checked(const Hash& hash, numbers bytes) {
    const auto value = hash(bytes);
    require(value == hash(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size())),
            "text and numbers have one hash");
    for (const std::size_t shift : {1U, 3U, 4U, 7U}) {         // an allocation is aligned: so these are not, or less
        std::vector<std::uint8_t> moved(shift + bytes.size()); // exactly so large, and a read beyond it is found
        std::ranges::copy(bytes, moved.begin() + static_cast<std::ptrdiff_t>(shift));
        require(value == hash(numbers(moved).subspan(shift)), "a hash does not depend on where the bytes lie");
        moved.push_back(0xa5U);
        require(value == hash(numbers(moved).subspan(shift, bytes.size())), "nor on what follows them");
    }
    return value;
}

std::uint32_t bitwise_crc32(numbers bytes) {
    std::uint32_t state = 0xffffffffU;
    for (const std::uint8_t byte : bytes) {
        state ^= byte;
        for (int bit = 0; bit < 8; ++bit) state = (state & 1U) != 0 ? (state >> 1U) ^ 0xedb88320U : state >> 1U;
    }
    return ~state;
}

std::uint32_t plain_sdbm(numbers bytes) {
    std::uint32_t hash = 0;
    for (const std::uint8_t byte : bytes) hash = hash * 65599U + byte;
    return hash;
}

std::uint32_t plain_djb2(numbers bytes) {
    std::uint32_t hash = 5381;
    for (const std::uint8_t byte : bytes) hash = hash * 33U + byte;
    return hash;
}

std::uint32_t plain_xor(numbers bytes) {
    std::uint32_t hash = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) hash ^= std::uint32_t{bytes[i]} << (24U - 8U * (i % 4U));
    return hash;
}

/// The number at the start, by the C library where that knows it: strtoll, but without blanks and with one sign.
std::uint32_t plain_none(numbers bytes) {
    const std::string text(bytes.begin(), bytes.end());
    const std::size_t first = text.starts_with('-') || text.starts_with('+') ? 1 : 0;
    if (first == text.size() || text[first] < '0' || text[first] > '9') return 0;
    return static_cast<std::uint32_t>(std::strtoll(text.c_str(), nullptr, 10));
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::input in(data, size);
    const std::uint64_t seed = in.word();
    const std::size_t cut = in.byte();
    const numbers bytes = in.bytes(size);

    const std::uint32_t sdbm = checked(hashes::sdbm(), bytes);
    const std::uint32_t crc = checked(hashes::crc32(), bytes);
    require(sdbm == plain_sdbm(bytes), "sdbm");
    require(crc == bitwise_crc32(bytes), "crc32");
    require(checked(hashes::djb2(), bytes) == plain_djb2(bytes), "djb2");
    require(checked(hashes::xor_words(), bytes) == plain_xor(bytes), "xor_words");
    require(checked(hashes::none(), bytes) == plain_none(bytes), "none");
    checked(hashes::wt6(), bytes);
    require(checked(hashes::avalanched<hashes::sdbm>(), bytes) == hashes::avalanche(sdbm), "avalanched");
    checked(hashes::siphash{seed, ~seed}, bytes);
    checked(hashes::wyhash{.seed = seed}, bytes);
    require(poise::hashed(bytes) == poise::key_hash{checked(hashes::wyhash(), bytes)}, "hashed");

    const std::size_t at = std::min(cut, bytes.size());
    const std::uint32_t state = hashes::crc32::update(hashes::crc32::initial, bytes.first(at));
    require(~hashes::crc32::update(state, bytes.subspan(at)) == crc, "crc32 goes on where it stopped");
    return 0;
}
