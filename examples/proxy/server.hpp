// SPDX-License-Identifier: MIT
// The proxy as a whole: the servers, the threads, the signals that end it.
#pragma once

#include <memory>
#include <vector>

#include "options.hpp"
#include "servers.hpp"
#include "worker.hpp"

namespace proxy {

class server {
  public:
    /// Listens. Throws usage_error when an address cannot be had.
    explicit server(const options& chosen);

    /// Serves until SIGTERM or SIGINT, then until nobody is left or the patience of --drain-timeout is at its end.
    void run();

  private:
    void run(worker& one);
    task<void> tell_time();

    servers servers_;
    std::vector<std::unique_ptr<worker>> workers_; // one for each thread, the first for the one that calls run
};

} // namespace proxy
