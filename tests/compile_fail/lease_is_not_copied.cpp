// SPDX-License-Identifier: MIT
// Two copies would count twice.
#include <poise/poise.hpp>

int main() {
    poise::pool<int, poise::round_robin> pool;
    pool.add(1);
    const poise::lease<int> lease = *pool.acquire();
    const poise::lease<int> copy = lease;
    return *copy;
}
