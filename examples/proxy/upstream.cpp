// SPDX-License-Identifier: MIT
#include "upstream.hpp"

#include <sys/socket.h>

namespace proxy {

namespace {

constexpr std::size_t most_idle = 256;

// Between two requests nothing may come: an end, an error and stray bytes all mean that it is of no more use.
bool is_usable(connection& idle) {
    char byte = 0;
    const auto got = ::recv(idle.socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

} // namespace

bool is_exhausted(const error_code& why) {
    return why == asio::error::no_descriptors || why == asio::error::no_buffer_space || why == asio::error::no_memory ||
           why == boost::system::errc::too_many_files_open_in_system ||
           why == boost::system::errc::address_not_available;
}

std::unique_ptr<connection> upstream::take_idle() {
    while (!idle_.empty()) {
        std::unique_ptr<connection> candidate = std::move(idle_.back());
        idle_.pop_back();
        if (is_usable(*candidate)) return candidate;
    }
    return nullptr;
}

void upstream::keep_idle(std::unique_ptr<connection> idle) {
    if (idle_.size() == most_idle) return;
    idle->reused = true;
    idle_.push_back(std::move(idle));
}

void upstream::drop_closed() {
    std::erase_if(idle_, [](const auto& idle) { return !is_usable(*idle); });
}

} // namespace proxy
