// SPDX-License-Identifier: MIT
// A layout says which point a key goes to.
#include <poise/poise.hpp>

struct layout {
    static constexpr std::uint32_t points_per_weight = 4;
    void place(std::uint64_t, std::span<std::uint32_t>) const noexcept {}
};

int main() {
    poise::hash_ring<layout> ring;
    return ring.size() == 0 ? 0 : 1;
}
