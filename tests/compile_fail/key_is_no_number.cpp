// SPDX-License-Identifier: MIT
// A number is not a key: somebody must say that it is a hash.
#include <poise/poise.hpp>

int main() {
    const std::uint64_t number = 7;
    poise::keyed_or<poise::modulo_hash> selector;
    return selector.select(number) ? 1 : 0;
}
