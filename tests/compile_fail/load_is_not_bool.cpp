// SPDX-License-Identifier: MIT
// A predicate given as a load would make "not accepted" the least loaded.
#include <poise/poise.hpp>

static unsigned ask(const poise::slot_load auto& load) {
    return load(poise::slot{0});
}

int main() {
    return ask([](poise::slot) { return true; }) == 0 ? 1 : 0;
}
