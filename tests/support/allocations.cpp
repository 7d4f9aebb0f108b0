// SPDX-License-Identifier: MIT
#include "support/allocations.hpp"

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <limits>
#include <new>

#include <malloc.h>

namespace {
// Threads of a test allocate, too.
constinit std::atomic<std::uint64_t> made = 0;
constinit std::atomic<std::uint64_t> bytes = 0;
constinit std::atomic<std::uint64_t> live = 0;
constinit std::atomic<std::uint64_t> limit = std::numeric_limits<std::uint64_t>::max();

void* allocated(std::size_t size) noexcept {
    if (made == limit) return nullptr;
    ++made;
    bytes += size;
    void* const memory = std::malloc(size == 0 ? 1 : size);
    live += malloc_usable_size(memory);
    return memory;
}
} // namespace

void* operator new(std::size_t size) {
    if (void* const memory = allocated(size)) return memory;
    throw std::bad_alloc();
}
// Standard algorithms ask for room in this way, too; without it AddressSanitizer would give it and `free` take it back.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    return allocated(size);
}
void operator delete(void* memory) noexcept {
    live -= malloc_usable_size(memory);
    std::free(memory);
}
void operator delete(void* memory, std::size_t /*size*/) noexcept {
    operator delete(memory);
}

std::uint64_t test::allocations() noexcept {
    return made;
}

std::uint64_t test::allocated_bytes() noexcept {
    return bytes;
}

std::uint64_t test::live_bytes() noexcept {
    return live;
}

test::allocation_limit::allocation_limit(std::uint64_t more) noexcept {
    limit = made + more;
}
test::allocation_limit::~allocation_limit() {
    limit = std::numeric_limits<std::uint64_t>::max();
}
