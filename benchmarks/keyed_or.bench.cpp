// SPDX-License-Identifier: MIT
#include <poise/selectors/keyed_or.hpp>
#include <poise/selectors/modulo_hash.hpp>

#include "bench.hpp"
#include "textbook.hpp"

namespace {

/// Every request without a key: the cursor over the table, beside a plain turn.
struct without_key : poise::keyed_or<poise::modulo_hash> {
    std::optional<poise::slot> select() { return keyed_or::select(); }
};

[[maybe_unused]] const bool added = bench::beside_textbook<without_key, textbook::round_robin>("keyed_or");

} // namespace
