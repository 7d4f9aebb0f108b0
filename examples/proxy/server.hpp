// SPDX-License-Identifier: MIT
// The proxy as a whole: accepts clients, looks after them from time to time, drains at the end.
#pragma once

#include <memory>
#include <string>
#include <unordered_set>

#include <boost/asio/signal_set.hpp>

#include "options.hpp"
#include "served.hpp"
#include "upstream.hpp"

namespace proxy {

class server {
    using acceptor = asio::basic_socket_acceptor<tcp, executor>;

  public:
    /// Listens. Throws usage_error when an address cannot be had.
    server(asio::io_context& context, const options& chosen);

    /// Serves until SIGTERM or SIGINT, then until nobody is left or the patience of --drain-timeout is at its end.
    void run();

  private:
    acceptor listen(const host_port& at);
    tcp::endpoint resolve(const std::string& option, const host_port& at);
    task<void> accept();
    task<void> serve(socket_type client);
    std::unique_ptr<served> session_with(socket_type client);
    task<void> tick();
    void drain();

    asio::io_context& context_;
    const options& options_;
    acceptor acceptor_;
    asio::signal_set signals_;
    server_pool servers_;
    std::unordered_set<served*> sessions_;
    clock::time_point end_of_patience_;
    bool draining_ = false;
};

} // namespace proxy
