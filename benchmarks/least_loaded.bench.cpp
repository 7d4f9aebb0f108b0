// SPDX-License-Identifier: MIT
#include <poise/selectors/least_loaded.hpp>

#include "bench.hpp"
#include "textbook.hpp"

namespace {

/// The load is counted outside, as a pool counts what is in flight.
template <poise::ties Ties>
class counted_outside {
  public:
    void assign(std::span<const poise::member> members) {
        selector_.assign(members);
        loads_.resize(members.size());
    }
    std::optional<poise::slot> select() {
        return selector_.select([this](poise::slot where) { return loads_[static_cast<std::size_t>(where)]; });
    }
    void opened(poise::slot where) { ++loads_[static_cast<std::size_t>(where)]; }
    void closed(poise::slot where) { --loads_[static_cast<std::size_t>(where)]; }

  private:
    poise::basic_least_loaded<Ties> selector_;
    std::vector<std::uint64_t> loads_;
};

[[maybe_unused]] const bool added =
    bench::beside_textbook<counted_outside<poise::ties::first>, textbook::least>("least_loaded_first") &&
    bench::beside_textbook<counted_outside<poise::ties::smooth>, textbook::least>("least_loaded");

} // namespace
