// SPDX-License-Identifier: MIT
// A selector does not choose the hash: poise::hashed(key) does.
#include <poise/poise.hpp>

int main() {
    poise::ketama_ring selector;
    return selector.select(std::string_view("user")) ? 1 : 0;
}
