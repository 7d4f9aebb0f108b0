// SPDX-License-Identifier: MIT
// Choosing moves the current weights: const would mean that threads may share it.
#include <poise/poise.hpp>

int main() {
    const poise::smooth_weighted_round_robin selector;
    return selector.select() ? 1 : 0;
}
