// SPDX-License-Identifier: MIT
// A number selects nothing.
#include <poise/poise.hpp>

int main() {
    poise::pool<int, int> pool;
    return pool.size() == 0 ? 0 : 1;
}
