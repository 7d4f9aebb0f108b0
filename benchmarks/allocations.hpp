// SPDX-License-Identifier: MIT
// Counts what the global operator new has given and operator delete has not taken back, in bytes that were asked for.
#pragma once

#include <cstdint>

namespace bench {

/// Bytes that this thread holds; what one thread allocates and another frees is with neither of them right.
std::int64_t live_bytes() noexcept;

} // namespace bench
