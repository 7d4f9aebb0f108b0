// SPDX-License-Identifier: MIT
// With nginx's ties beside the loop; with the others beside the same order in a std::set.
#include <poise/selectors/least_connections.hpp>

#include "bench.hpp"
#include "textbook.hpp"

namespace {

template <poise::ties Ties>
struct with_ties : poise::least_connections {
    with_ties() : poise::least_connections({.ties = Ties}) {}
};

[[maybe_unused]] const bool added =
    bench::beside_textbook<poise::least_connections, textbook::least>("least_connections") &&
    bench::beside_textbook<with_ties<poise::ties::first>, textbook::least_in_a_set>("least_connections_first") &&
    bench::beside_textbook<with_ties<poise::ties::random>, textbook::least_in_a_set>("least_connections_random") &&
    bench::beside_textbook<with_ties<poise::ties::fifo>, textbook::least_in_a_set>("least_connections_fifo");

} // namespace
