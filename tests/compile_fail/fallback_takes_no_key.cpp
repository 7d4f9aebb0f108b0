// SPDX-License-Identifier: MIT
// Who needs a key himself cannot choose when there is none.
#include <poise/poise.hpp>

int main() {
    poise::keyed_or<poise::ketama_ring, poise::modulo_hash> selector;
    return selector.size() == 0 ? 0 : 1;
}
