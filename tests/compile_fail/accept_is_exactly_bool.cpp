// SPDX-License-Identifier: MIT
// A number is a load, not an accept.
#include <poise/poise.hpp>

int main() {
    poise::round_robin selector;
    return selector.select([](poise::slot) { return 1; }) ? 1 : 0;
}
