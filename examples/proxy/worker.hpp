// SPDX-License-Identifier: MIT
// What one thread does: accepts clients, serves them, looks after them from time to time. It shares the servers with the
// other threads and nothing else.
#pragma once

#include <memory>
#include <unordered_set>

#include "addresses.hpp"
#include "connection.hpp"
#include "options.hpp"
#include "served.hpp"
#include "servers.hpp"

namespace proxy {

class worker {
  public:
    worker(const options& chosen, const servers& shared);

    [[nodiscard]] asio::io_context& context() { return context_; }
    [[nodiscard]] acceptor& listener() { return acceptor_; }

    /// Serves in this thread until it is told to drain, then until nobody is left or the patience of --drain-timeout is at
    /// its end.
    void run();
    /// No further clients, and no further requests. From any thread.
    void drain();
    /// Breaks off everything. From any thread.
    void stop() { context_.stop(); }

  private:
    task<void> accept();
    task<void> serve(socket_type client);
    std::unique_ptr<served> session_with(socket_type client);
    task<void> tick();
    void begin_to_drain();

    asio::io_context context_{one_thread};
    const options& options_;
    acceptor acceptor_{context_.get_executor()};
    servers::handle servers_;
    idle_connections idle_;
    std::unordered_set<served*> sessions_;
    clock::time_point end_of_patience_;
    bool draining_ = false;
};

} // namespace proxy
