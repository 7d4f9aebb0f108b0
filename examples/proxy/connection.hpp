// SPDX-License-Identifier: MIT
// Connections to servers, and the idle ones that a thread keeps.
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "net.hpp"

namespace proxy {

/// One connection to a server, with what has been read from it.
struct connection {
    explicit connection(const executor& on) : socket(on) { in.reserve(buffer_size); }

    socket_type socket;
    buffer_type in{buffer_size};
    bool reused = false; ///< it has carried a request before, so the server may have closed it meanwhile
};

/// Whether a connection failed for want of descriptors, memory or ports of ours: that says nothing about the server.
bool is_exhausted(const error_code& why);

/// One thread's connections that are between two requests, by the id of their server. Not a part of the server, which all
/// threads share: a socket belongs to the context of its thread.
class idle_connections {
  public:
    /// The connection used last that the server has not closed; none if there is none.
    std::unique_ptr<connection> take(std::uint64_t server);
    void keep(std::uint64_t server, std::unique_ptr<connection> idle);
    /// Closes those that a server has closed; called from time to time, as only the last used are ever looked at.
    void drop_closed();
    /// Closes all: the server failed, and what is open is as good as closed.
    void drop(std::uint64_t server) { of_.erase(server); }

  private:
    std::unordered_map<std::uint64_t, std::vector<std::unique_ptr<connection>>> of_; // the last is the warmest
};

} // namespace proxy
