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

[[maybe_unused]] void* allocated(std::size_t size) noexcept {
    if (made == limit) return nullptr;
    ++made;
    bytes += size;
    void* const memory = std::malloc(size == 0 ? 1 : size);
    live += malloc_usable_size(memory);
    return memory;
}

[[maybe_unused]] void* allocated(std::size_t size, std::align_val_t alignment) noexcept {
    if (made == limit) return nullptr;
    ++made;
    bytes += size;
    const auto multiple = static_cast<std::size_t>(alignment);
    void* const memory = std::aligned_alloc(multiple, (size + multiple - 1) / multiple * multiple);
    live += malloc_usable_size(memory);
    return memory;
}
} // namespace

// clang's ThreadSanitizer brings its own, and will not have others: no test counts there.
#if defined(__clang__)
#define POISE_HAS_ITS_OWN_NEW __has_feature(thread_sanitizer)
#else
#define POISE_HAS_ITS_OWN_NEW 0
#endif
#if !POISE_HAS_ITS_OWN_NEW
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
void* operator new(std::size_t size, std::align_val_t alignment) {
    if (void* const memory = allocated(size, alignment)) return memory;
    throw std::bad_alloc();
}
void operator delete(void* memory, std::align_val_t /*alignment*/) noexcept {
    operator delete(memory);
}
void operator delete(void* memory, std::size_t /*size*/, std::align_val_t /*alignment*/) noexcept {
    operator delete(memory);
}
#endif

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
