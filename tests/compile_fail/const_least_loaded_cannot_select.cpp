// SPDX-License-Identifier: MIT
// Settling ties by turns moves the turns; with ties::first it would do.
#include <poise/poise.hpp>

int main() {
    const poise::least_loaded selector;
    return selector.select([](poise::slot) { return 1U; }) ? 1 : 0;
}
