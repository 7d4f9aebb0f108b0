// SPDX-License-Identifier: MIT
#include <poise/layouts/haproxy.hpp>
#include <poise/selectors/bounded_load.hpp>
#include <poise/selectors/modulo_hash.hpp>

#include "bench.hpp"
#include "textbook.hpp"

namespace {

[[maybe_unused]] const bool added =
    bench::beside_textbook<poise::bounded_load<poise::haproxy_ring>, textbook::ring<16>>("bounded_load_ring") &&
    bench::beside_textbook<poise::bounded_load<poise::modulo_hash>, textbook::table>("bounded_load_table");

} // namespace
