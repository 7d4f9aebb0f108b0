// SPDX-License-Identifier: MIT
// The example of a selector of one's own, in all tables and figures by one line.
#include "../examples/primary_first.hpp"
#include "bench.hpp"

[[maybe_unused]] static const bool added = bench::add<primary_first>("primary_first");
