// SPDX-License-Identifier: MIT
// round_robin would not look at it.
#include <poise/poise.hpp>

int main() {
    poise::round_robin selector;
    return selector.select(poise::key_hash{7}) ? 1 : 0;
}
