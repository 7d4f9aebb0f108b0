// SPDX-License-Identifier: MIT
// poise-backend: a server for the demo. Says its name to whoever asks.
#include <iostream>
#include <string>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <CLI/CLI.hpp>

#include "net.hpp"
#include "options.hpp"

namespace {

using namespace proxy;
namespace http = boost::beast::http;

task<void> serve(socket_type client, const std::string& name, std::chrono::milliseconds delay) {
    boost::beast::flat_buffer in;
    client.set_option(tcp::no_delay(true));
    for (bool go_on = true; go_on;) {
        http::request<http::string_body> request;
        const auto [read_error, read] = co_await http::async_read(client, in, request, as_result);
        if (read_error) co_return;
        if (delay.count() > 0) {
            timer pause(client.get_executor());
            pause.expires_after(delay);
            co_await pause.async_wait(as_result);
        }
        http::response<http::string_body> response(http::status::ok, request.version());
        response.set("X-Backend", name);
        response.set(http::field::content_type, "text/plain");
        response.body() = name + "\n";
        response.keep_alive(request.keep_alive());
        response.prepare_payload();
        const auto [write_error, written] = co_await http::async_write(client, response, as_result);
        go_on = !write_error && request.keep_alive();
    }
}

task<void> accept(asio::basic_socket_acceptor<tcp, executor>& acceptor, const std::string& name,
                  std::chrono::milliseconds delay) {
    for (;;) {
        auto [ec, client] = co_await acceptor.async_accept(as_result);
        if (ec) co_return;
        asio::co_spawn(acceptor.get_executor(), serve(std::move(client), name, delay), asio::detached);
    }
}

} // namespace

int main(int argc, char** argv) {
    CLI::App app("A small HTTP server that answers every request with its name.", "poise-backend");
    std::string listen;
    std::string name;
    app.add_option("--listen", listen, "ADDRESS:PORT; port 0 lets the system pick")->required();
    app.add_option("--name", name, "what to answer")->required();
    unsigned delay = 0;
    app.add_option("--delay", delay, "how long to take over each answer; ms")->capture_default_str();
    CLI11_PARSE(app, argc, argv);
    try {
        const host_port at = read_host_port(listen, "--listen");
        asio::io_context context(one_thread);
        asio::basic_socket_acceptor<tcp, executor> acceptor(context.get_executor(),
                                                            {asio::ip::make_address(at.host), at.port});
        asio::co_spawn(context, accept(acceptor, name, std::chrono::milliseconds(delay)), asio::detached);
        std::cout << "listening on " << host_port{at.host, acceptor.local_endpoint().port()}.text() << '\n'
                  << std::flush;
        context.run();
    } catch (const std::exception& e) {
        std::cerr << "poise-backend: " << e.what() << '\n';
        return 2;
    }
}
