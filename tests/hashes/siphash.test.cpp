// SPDX-License-Identifier: MIT
#include <poise/hashes/siphash.hpp>

#include "hash_checks.hpp"

using poise::hashes::siphash;

namespace {

constexpr siphash of_the_paper{0x0706050403020100U, 0x0f0e0d0c0b0a0908U};

/// The authors' own: vectors_sip64 of their vectors.h, as numbers. Entry i is the hash of the bytes 0, 1, ... i - 1.
constexpr std::array<std::uint64_t, 64> published{
    0x726fdb47dd0e0e31U, 0x74f839c593dc67fdU, 0x0d6c8009d9a94f5aU, 0x85676696d7fb7e2dU, 0xcf2794e0277187b7U,
    0x18765564cd99a68dU, 0xcbc9466e58fee3ceU, 0xab0200f58b01d137U, 0x93f5f5799a932462U, 0x9e0082df0ba9e4b0U,
    0x7a5dbbc594ddb9f3U, 0xf4b32f46226bada7U, 0x751e8fbc860ee5fbU, 0x14ea5627c0843d90U, 0xf723ca908e7af2eeU,
    0xa129ca6149be45e5U, 0x3f2acc7f57c29bdbU, 0x699ae9f52cbe4794U, 0x4bc1b3f0968dd39cU, 0xbb6dc91da77961bdU,
    0xbed65cf21aa2ee98U, 0xd0f2cbb02e3b67c7U, 0x93536795e3a33e88U, 0xa80c038ccd5ccec8U, 0xb8ad50c6f649af94U,
    0xbce192de8a85b8eaU, 0x17d835b85bbb15f3U, 0x2f2e6163076bcfadU, 0xde4daaaca71dc9a5U, 0xa6a2506687956571U,
    0xad87a3535c49ef28U, 0x32d892fad841c342U, 0x7127512f72f27cceU, 0xa7f32346f95978e3U, 0x12e0b01abb051238U,
    0x15e034d40fa197aeU, 0x314dffbe0815a3b4U, 0x027990f029623981U, 0xcadcd4e59ef40c4dU, 0x9abfd8766a33735cU,
    0x0e3ea96b5304a7d0U, 0xad0c42d6fc585992U, 0x187306c89bc215a9U, 0xd4a60abcf3792b95U, 0xf935451de4f21df2U,
    0xa9538f0419755787U, 0xdb9acddff56ca510U, 0xd06c98cd5c0975ebU, 0xe612a3cb9ecba951U, 0xc766e62cfcadaf96U,
    0xee64435a9752fe72U, 0xa192d576b245165aU, 0x0a8787bf8ecb74b2U, 0x81b3e73d20b49b6fU, 0x7fa8220ba3b2eceaU,
    0x245731c13ca42499U, 0xb78dbfaf3a8d83bdU, 0xea1ad565322a1a0bU, 0x60e61c23a3795013U, 0x6606d7e446282b93U,
    0x6ca4ecb15c5f91e1U, 0x9f626da15c9625f3U, 0xe51b38608ef25f57U, 0x958a324ceb064572U};

static_assert([] {
    std::array<std::uint8_t, 64> message{};
    for (std::size_t i = 0; i < 64; ++i) {
        if (of_the_paper(std::span(message).first(i)) != published[i]) return false;
        message[i] = static_cast<std::uint8_t>(i);
    }
    return true;
}());

using words = std::array<std::uint64_t, 4>;

/// Half a round, as the paper's figure draws it: the two halves are the same but for the amounts, and the words cross.
words half_round(words v, unsigned left, unsigned right) {
    const auto turned = [](std::uint64_t word, unsigned by) {
        return word << by | word >> (64 - by);
    };
    v[0] += v[1];
    v[2] += v[3];
    return {turned(v[0], 32), turned(v[1], left) ^ v[0], v[2], turned(v[3], right) ^ v[2]};
}

words after_rounds(words v, int rounds) {
    for (; rounds > 0; --rounds) {
        v = half_round(v, 13, 16);
        v = half_round({v[2], v[1], v[0], v[3]}, 17, 21);
        v = {v[2], v[1], v[0], v[3]};
    }
    return v;
}

/// Pads first, hashes then.
std::uint64_t plain(std::span<const std::uint8_t> bytes, std::uint64_t key0, std::uint64_t key1) {
    test::bytes padded(bytes.begin(), bytes.end());
    while (padded.size() % 8 != 7) padded.push_back(0);
    padded.push_back(static_cast<std::uint8_t>(bytes.size() % 256));
    words v{key0 ^ 0x736f6d6570736575U, key1 ^ 0x646f72616e646f6dU, key0 ^ 0x6c7967656e657261U,
            key1 ^ 0x7465646279746573U};
    for (std::size_t word = 0; word < padded.size(); word += 8) {
        std::uint64_t m = 0;
        for (std::size_t i = 8; i > 0; --i) m = m * 256 + padded[word + i - 1];
        v[3] ^= m;
        v = after_rounds(v, 2);
        v[0] ^= m;
    }
    v[2] ^= 255;
    v = after_rounds(v, 4);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

} // namespace

TEST_CASE("siphash is as the paper has it") {
    constexpr std::array<siphash, 3> hashes{of_the_paper, siphash(0, 0), siphash(~0ULL, 1)};
    for (const siphash& hash : hashes) {
        test::check_against(hash, [&hash](auto bytes) { return plain(bytes, hash.key0, hash.key1); });
    }
}

TEST_CASE("siphash: every bit of the key moves every bit of the hash in 40 to 60 % of the keys") {
    for (const std::size_t length : {3U, 8U, 16U, 17U, 40U}) {
        CAPTURE(length);
        const test::flips found = test::flips_of(of_the_paper, length, 2000);
        CHECK(found.least > 0.4);
        CHECK(found.most < 0.6);
    }
}

TEST_CASE("siphash: under another secret, other keys collide in the low bits") {
    // What the secret is for: keys that fall on one of 256 places under one secret are spread by the next.
    constexpr siphash known{1, 2};
    constexpr siphash secret{1, 3};
    test::random_source random(1);
    std::array<int, 256> places{};
    for (int collected = 0; collected < 2560;) {
        const test::bytes key = test::random_bytes(random, 12);
        if (known(key) % 256 != 0) continue;
        ++places[secret(key) % 256];
        ++collected;
    }
    CHECK(*std::ranges::max_element(places) < 30);
}

// From a few lines of Python, which give the paper's vector with two and four rounds.
TEST_CASE("siphash with one round and three: the kernel's hsiphash of a 32-bit number is the lower half") {
    const auto lower_half = [](std::uint64_t key, std::array<std::uint8_t, 4> number) {
        return static_cast<std::uint32_t>(poise::hashes::basic_siphash<1, 3>(key, key)(number));
    };
    CHECK(lower_half(2654435761U, {0, 0, 0, 0}) == 0x1d5a77c2U);
    CHECK(lower_half(2654435761U, {1, 0, 0, 10}) == 0x03080ce4U);
    CHECK(lower_half(2654446892U, {0xff, 0xff, 0xff, 0xff}) == 0xf75a0f5dU);
    CHECK(lower_half(2654446892U, {1, 0, 0, 0}) == 0x8210aad1U);
}
