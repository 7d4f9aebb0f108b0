// SPDX-License-Identifier: MIT
#include <poise/selectors/least_loaded.hpp>

poise::basic_least_loaded<poise::ties::fifo> nobody_counts;
