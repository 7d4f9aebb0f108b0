// SPDX-License-Identifier: MIT
// --mode tcp: bytes from a client to a server and back, whatever they mean; server by server until one can be reached.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "balance.hpp"
#include "deadline.hpp"
#include "options.hpp"
#include "served.hpp"
#include "servers.hpp"

namespace proxy {

class tcp_session final : public served {
  public:
    tcp_session(socket_type accepted, const options& chosen, servers::handle& all);

    task<void> run() override;
    void look_at_clock(clock::time_point now) override;
    void look_at_client(clock::time_point) override {} // who has left is told by reading or writing
    void drain() override {}                           // what is under way may end by itself

  private:
    // Bytes of one direction that are read and not yet written: no more is read before they are.
    struct buffer {
        // large enough that the calls do not count, small enough for the processor's cache; touched only when used
        static constexpr std::size_t size = std::size_t{128} * 1024;
        std::unique_ptr<std::array<char, size>> bytes = std::make_unique_for_overwrite<std::array<char, size>>();
        std::size_t filled = 0;
    };

    task<void> read_first_bytes();
    task<std::optional<poise::lease<upstream>>> connect();
    task<void> one_way(socket_type& from, socket_type& to, buffer& through);
    void reset(socket_type& which);

    socket_type client_;
    socket_type server_;
    const options& options_;
    servers::handle& servers_;
    peers peers_;
    buffer to_server_;
    buffer to_client_;
    deadline until_;
    bool broken_ = false; // an end that was not in order: both sides shall know
};

} // namespace proxy
