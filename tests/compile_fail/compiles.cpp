// SPDX-License-Identifier: MIT
// The control: what its neighbours get wrong, right.
#include <poise/poise.hpp>

static unsigned ask(const poise::slot_predicate auto& accept, const poise::slot_load auto& load) {
    return accept(poise::slot{0}) ? load(poise::slot{0}) : 0U;
}

struct layout {
    static constexpr std::uint32_t points_per_weight = 4;
    static constexpr poise::ring_lookup lookup = poise::ring_lookup::clockwise;
    void place(std::uint64_t, std::span<std::uint32_t>) const noexcept {}
};

static bool keyed() {
    const poise::hash_ring<layout> ring;
    const poise::basic_least_loaded<poise::ties::first> least;
    poise::keyed_or<poise::ketama_ring, poise::round_robin> both;
    return ring.select(poise::hashed("user")) || least.select([](poise::slot) { return 1U; }) ||
           both.select(poise::key_hash{7}) || both.select();
}

int main() {
    poise::pool<int, poise::smooth_weighted_round_robin> pool;
    pool.add(1);
    auto lease = pool.acquire([](poise::slot) { return true; });
    auto moved = std::move(lease);
    poise::smooth_weighted_round_robin selector;
    const std::uint64_t tried[] = {1};
    const auto bound = poise::except(tried).over(pool.members());
    return selector.select() || keyed() || ask(bound, [](poise::slot) { return 1U; }) == 0 ? 1 : 0;
}
