// SPDX-License-Identifier: MIT
// A server behind the proxy and the idle connections to it: the Endpoint of the pool.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <poise/erasure.hpp>
#include <poise/pool.hpp>

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

class upstream {
  public:
    upstream(std::string name, tcp::endpoint address) : name_(std::move(name)), address_(std::move(address)) {}

    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    [[nodiscard]] const tcp::endpoint& address() const noexcept { return address_; }

    /// The connection used last that the server has not closed; none if there is none.
    std::unique_ptr<connection> take_idle();
    /// Keeps a connection that is between two requests.
    void keep_idle(std::unique_ptr<connection> idle);
    /// Closes those that the server has closed; called from time to time, as only the last used are ever looked at.
    void drop_closed();
    /// Closes all: the server failed, and what is open is as good as closed.
    void drop_idle() { idle_.clear(); }

  private:
    std::string name_;
    tcp::endpoint address_;
    std::vector<std::unique_ptr<connection>> idle_; // the last is the warmest
};

/// The servers, whatever chooses among them.
using server_pool = poise::pool<upstream, poise::any_selector>;

} // namespace proxy
