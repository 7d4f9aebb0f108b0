// SPDX-License-Identifier: MIT
// A client's connection, request by request; and for each request, server by server until one answers.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include <poise/lease.hpp>

#include "balance.hpp"
#include "connection.hpp"
#include "exchange.hpp"
#include "options.hpp"
#include "served.hpp"
#include "servers.hpp"

namespace proxy {

class session final : public served {
  public:
    session(socket_type accepted, const options& chosen, servers::handle& all, idle_connections& idle)
        : client_(std::move(accepted)),
          options_(chosen),
          servers_(all),
          idle_connections_(idle) {}

    task<void> run() override;
    void look_at_clock(clock::time_point now) override;
    void look_at_client(clock::time_point now) override;
    /// No further request: now if the client is between two, else after this one.
    void drain() override;

  private:
    /// Finds the request an answer. Empty when the client has it, else the status to tell instead.
    task<std::optional<http::status>> forward(request& what);

    /// One server's turn, over the warmest connection that it has, or else over a new one; `link` is that.
    task<verdict> ask(const poise::lease<upstream>& server, request& what, std::unique_ptr<connection>& link);
    /// What to tell the client where the server is not to blame.
    static std::optional<http::status> unless_servers_fault(verdict how);

    /// Empty when `link` is connected, else why it is not.
    task<std::optional<verdict>> connect(const tcp::endpoint& address, std::unique_ptr<connection>& link);
    task<verdict> try_on(connection& server, request& what);
    task<bool> read_head(head_scanner& scanner);
    task<void> serve_one(std::size_t head_size);
    task<void> refuse(http::status status, bool bodyless);
    task<void> linger();
    void interrupt();

    client client_;
    const options& options_;
    servers::handle& servers_;
    idle_connections& idle_connections_;
    std::vector<std::uint64_t> tried_;
    deadline until_;
    peers peers_;
    socket_type* connecting_or_connected_ = nullptr;
    exchange* current_ = nullptr;
    bool reading_head_ = false;
    bool idle_ = true;      // no byte of a request has come
    bool last_ = false;     // close after this response
    bool draining_ = false; // the proxy is about to end
    bool unread_ = false;   // the client still has some of its body to send
    bool server_can_go_on_ = false;
};

} // namespace proxy
