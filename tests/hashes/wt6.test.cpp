// SPDX-License-Identifier: MIT
#include <poise/hashes/wt6.hpp>

#include "hash_checks.hpp"

using poise::hashes::wt6;

static_assert(wt6{}("") == 0xf99a0360U && wt6{}("abc") == 0x940028e8U);
static_assert(wt6{}("\xff") != wt6{}("\x7f"));

namespace {

/// One bit to the left, the top one comes in again, so many times.
std::uint32_t turned(std::uint32_t word, std::uint32_t times) {
    for (; times > 0; --times) word = word * 2 + word / 0x80000000U;
    return word;
}

} // namespace

TEST_CASE("wt6 is as its description has it") {
    test::check_against(wt6{}, [](std::span<const std::uint8_t> bytes) {
        std::array<std::uint32_t, 2> h{0xa53c965aU, 0x5ca6953aU};
        std::array<std::uint32_t, 2> s{6, 18};
        for (const std::uint8_t c : bytes) {
            h[0] = 0xffffffffU - (h[0] ^ c);
            h[1] = 0xffffffffU - (h[1] + c);
            h = {turned(h[1], s[0]), turned(h[0], s[1])};
            const std::uint32_t t = (h[0] / 65536) ^ (h[1] % 65536);
            s = {t % 32, t / 2048};
        }
        return h[0] ^ h[1];
    });
}
