// SPDX-License-Identifier: MIT
#include "allocations.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <new>

namespace {

constinit thread_local std::int64_t live = 0;

constexpr std::size_t least_alignment = __STDCPP_DEFAULT_NEW_ALIGNMENT__;

/// A header before the memory, as long as its alignment, begins with the size: not every delete is told it.
void* allocate(std::size_t size, std::size_t alignment) {
    const std::size_t whole = (size + 2 * alignment - 1) / alignment * alignment; // aligned_alloc wants a multiple
    auto* const header = static_cast<std::byte*>(std::aligned_alloc(alignment, whole));
    if (header == nullptr) throw std::bad_alloc();
    std::memcpy(header, &size, sizeof size);
    live += static_cast<std::int64_t>(size);
    return header + alignment;
}

void release(void* memory, std::size_t alignment) noexcept {
    if (memory == nullptr) return;
    std::byte* const header = static_cast<std::byte*>(memory) - alignment;
    std::size_t size = 0;
    std::memcpy(&size, header, sizeof size);
    live -= static_cast<std::int64_t>(size);
    std::free(header);
}

std::size_t number(std::align_val_t alignment) noexcept {
    return std::max(static_cast<std::size_t>(alignment), least_alignment);
}

} // namespace

std::int64_t bench::live_bytes() noexcept {
    return live;
}

// The forms for arrays and those that do not throw call these.
void* operator new(std::size_t size) {
    return allocate(size, least_alignment);
}
void* operator new(std::size_t size, std::align_val_t alignment) {
    return allocate(size, number(alignment));
}
void operator delete(void* memory) noexcept {
    release(memory, least_alignment);
}
void operator delete(void* memory, std::size_t) noexcept {
    release(memory, least_alignment);
}
void operator delete(void* memory, std::align_val_t alignment) noexcept {
    release(memory, number(alignment));
}
void operator delete(void* memory, std::size_t, std::align_val_t alignment) noexcept {
    release(memory, number(alignment));
}
