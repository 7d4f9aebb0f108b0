// SPDX-License-Identifier: MIT
// Alone, except knows ids only: it cannot judge a slot.
#include <poise/poise.hpp>

static bool ask(const poise::slot_predicate auto& accept) {
    return accept(poise::slot{0});
}

int main() {
    const std::uint64_t tried[] = {1};
    return ask(poise::except(tried)) ? 1 : 0;
}
