// SPDX-License-Identifier: MIT
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include <poise/random.hpp>
#include <poise/selectors/alias_table.hpp>
#include <poise/selectors/modulo_hash.hpp>
#include <poise/selectors/random_draws.hpp>

#include "bench.hpp"
#include "textbook.hpp"

namespace {

using draws_of_columns = poise::basic_random_draws<poise::alias_table, poise::splitmix64>;
using draws_of_table = poise::basic_random_draws<poise::modulo_hash, poise::splitmix64>;

/// A random key in the textbook's table.
class table_draw {
  public:
    explicit table_draw(std::span<const poise::member> members) : table_(members) {}
    std::optional<std::size_t> select() { return table_.select(poise::key_hash{random_()}); }

  private:
    textbook::table table_;
    poise::splitmix64 random_{3};
};

[[maybe_unused]] const bool added =
    bench::beside_textbook<poise::random_draws, textbook::two_draws<textbook::ring_draw<16>>>("random_draws") &&
    bench::beside_textbook<draws_of_table, textbook::two_draws<table_draw>>("random_draws_table") &&
    bench::beside_textbook<draws_of_columns, textbook::two_draws<table_draw>>("random_draws_alias");

} // namespace
