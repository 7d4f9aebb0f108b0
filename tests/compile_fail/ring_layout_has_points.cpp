// SPDX-License-Identifier: MIT
// Without points nobody would be chosen.
#include <poise/poise.hpp>

struct layout {
    static constexpr std::uint32_t points_per_weight = 0;
    static constexpr poise::ring_lookup lookup = poise::ring_lookup::clockwise;
    void place(std::uint64_t, std::span<std::uint32_t>) const noexcept {}
};

int main() {
    poise::hash_ring<layout> ring;
    return ring.size() == 0 ? 0 : 1;
}
