// SPDX-License-Identifier: MIT
#include <poise/selectors/bounded_load.hpp>
#include <poise/selectors/round_robin.hpp>

poise::bounded_load<poise::round_robin> no_key_to_move;
