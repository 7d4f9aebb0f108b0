// SPDX-License-Identifier: MIT
#include "connection.hpp"

#include <utility>

#include <sys/socket.h>

namespace proxy {

namespace {

constexpr std::size_t most_idle = 256; // of a server

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

std::unique_ptr<connection> idle_connections::take(std::uint64_t server) {
    const auto found = of_.find(server);
    if (found == of_.end()) return nullptr;
    while (!found->second.empty()) {
        std::unique_ptr<connection> candidate = std::move(found->second.back());
        found->second.pop_back();
        if (is_usable(*candidate)) return candidate;
    }
    return nullptr;
}

void idle_connections::keep(std::uint64_t server, std::unique_ptr<connection> idle) {
    std::vector<std::unique_ptr<connection>>& others = of_[server];
    if (others.size() == most_idle) return;
    idle->reused = true;
    others.push_back(std::move(idle));
}

void idle_connections::drop_closed() {
    for (auto& [server, idle] : of_) {
        std::erase_if(idle, [](const auto& one) { return !is_usable(*one); });
    }
}

} // namespace proxy
