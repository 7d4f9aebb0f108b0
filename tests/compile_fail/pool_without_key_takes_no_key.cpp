// SPDX-License-Identifier: MIT
// A pool around a keyless selector has no use for a key.
#include <poise/poise.hpp>

int main() {
    poise::pool<int, poise::round_robin> pool;
    return pool.acquire(poise::key_hash{7}) ? 1 : 0;
}
