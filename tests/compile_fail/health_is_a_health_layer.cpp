// SPDX-License-Identifier: MIT
// A selector is no health layer.
#include <poise/poise.hpp>

int main() {
    poise::pool<int, poise::round_robin, poise::round_robin> pool;
    return pool.size() == 0 ? 0 : 1;
}
