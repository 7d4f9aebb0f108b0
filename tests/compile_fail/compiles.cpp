// SPDX-License-Identifier: MIT
// The control: what its neighbours get wrong, right.
#include <poise/poise.hpp>

static unsigned ask(const poise::slot_predicate auto& accept, const poise::slot_load auto& load) {
    return accept(poise::slot{0}) ? load(poise::slot{0}) : 0U;
}

int main() {
    poise::pool<int, poise::smooth_weighted_round_robin> pool;
    pool.add(1);
    auto lease = pool.acquire([](poise::slot) { return true; });
    auto moved = std::move(lease);
    poise::smooth_weighted_round_robin selector;
    const std::uint64_t tried[] = {1};
    const auto bound = poise::except(tried).over(pool.members());
    return selector.select() || ask(bound, [](poise::slot) { return 1U; }) == 0 ? 1 : 0;
}
