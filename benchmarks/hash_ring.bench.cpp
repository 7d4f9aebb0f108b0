// SPDX-License-Identifier: MIT
#include <poise/layouts/haproxy.hpp>
#include <poise/layouts/ketama.hpp>

#include "bench.hpp"
#include "textbook.hpp"

namespace {

[[maybe_unused]] const bool added = bench::beside_textbook<poise::haproxy_ring, textbook::ring<16>>("haproxy_ring") &&
                                    bench::beside_textbook<poise::ketama_ring, textbook::ring<160>>("ketama_ring");

} // namespace
