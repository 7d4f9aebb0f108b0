// SPDX-License-Identifier: MIT
// Without a key there is nothing to choose by: that is what keyed_or is for.
#include <poise/poise.hpp>

int main() {
    poise::modulo_hash selector;
    return selector.select() ? 1 : 0;
}
