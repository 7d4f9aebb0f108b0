// SPDX-License-Identifier: MIT
#include "server.hpp"

#include <csignal>
#include <future>
#include <iostream>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/signal_set.hpp>

namespace proxy {

server::server(const options& chosen) : servers_(chosen) {
    std::vector<acceptor*> listeners;
    for (unsigned i = 0; i < chosen.threads; ++i) {
        workers_.push_back(std::make_unique<worker>(chosen, servers_));
        listeners.push_back(&workers_.back()->listener());
    }
    listen(listeners, chosen.listen);
}

void server::run() {
    worker& first = *workers_.front();
    asio::signal_set signals(first.context(), SIGTERM, SIGINT);
    signals.async_wait([this](error_code ec, int) {
        if (ec) return;
        for (const auto& each : workers_) each->drain();
    });
    asio::co_spawn(first.context(), tell_time(), asio::detached);
    const tcp::endpoint at = first.listener().local_endpoint();
    std::cout << "listening on " << host_port{at.address().to_string(), at.port()}.text() << '\n' << std::flush;
    std::vector<std::future<void>> others;
    for (const auto& each : workers_) {
        if (each.get() == &first) continue;
        others.push_back(std::async(std::launch::async, [this, &each] { run(*each); }));
    }
    run(first);
    for (std::future<void>& other : others) other.get();
}

// When one thread fails, all end.
void server::run(worker& one) {
    try {
        one.run();
    } catch (...) {
        for (const auto& each : workers_) each->stop();
        throw;
    }
}

// For all threads.
task<void> server::tell_time() {
    timer next(workers_.front()->context().get_executor());
    for (;;) {
        servers_.advance(std::chrono::duration_cast<std::chrono::seconds>(clock::now().time_since_epoch()));
        next.expires_after(std::chrono::milliseconds(250));
        co_await next.async_wait(as_result);
    }
}

} // namespace proxy
