// SPDX-License-Identifier: MIT
#include <poise/selectors/modulo_hash.hpp>

#include "bench.hpp"
#include "textbook.hpp"

namespace {

[[maybe_unused]] const bool added = bench::beside_textbook<poise::modulo_hash, textbook::table>("modulo_hash") &&
                                    bench::one_down<poise::modulo_hash>("modulo_hash");

} // namespace
