// SPDX-License-Identifier: MIT
// One request to one server over one connection: what was read of it goes out, the rest follows as it comes, and the
// response goes back as it comes.
#pragma once

#include <array>
#include <optional>
#include <string>

#include <poise/member.hpp>

#include "body.hpp"
#include "connection.hpp"
#include "deadline.hpp"
#include "head.hpp"
#include "rewrite.hpp"

namespace proxy {

/// A client's connection and what has been read from it.
struct client {
    explicit client(socket_type accepted) : socket(std::move(accepted)) { in.reserve(buffer_size); }

    socket_type socket;
    buffer_type in{buffer_size};
    std::string address; ///< where it calls from
};

/// A request on its way. Its head is rewritten, its body still in the client's buffer as long as it fits there: so
/// long it can be sent again.
struct request {
    request_parser parser;
    std::string head;                   ///< as it goes to the servers
    std::optional<poise::key_hash> key; ///< what it is balanced by, if by that
    body_window body;
    bool upgrade = false;             ///< it asks to switch protocols
    bool whole = true;                ///< none of its body has left the buffer yet
    bool expects_to_continue = false; ///< nobody has told the client yet to go on with its body

    [[nodiscard]] bool complete() const { return parser.is_done(); }
    /// Its bytes may reach a second server without doing anything twice.
    [[nodiscard]] bool can_be_sent_again() const;
};

/// How it went with one server.
enum class verdict {
    answered,    ///< the response is with the client
    unreachable, ///< there was no connecting to it
    exhausted,   ///< we are out of descriptors, memory or ports: that says nothing about it
    stale,       ///< it had closed the connection meanwhile, and the request cannot be sent again; or the client had
                 ///< kept it waiting for too long
    no_answer,   ///< the connection ended before a response began
    invalid,     ///< what came is not a response
    late,        ///< nothing came in time
    cut,         ///< the response broke off in the middle
    client_gone, ///< the client left, or neither read nor wrote in time
    client_bad,  ///< the client's body is malformed
};

class exchange {
  public:
    struct limits {
        clock::duration response; ///< until a response begins
        clock::duration idle;     ///< between two pieces of a body
    };

    exchange(client& from, connection& to, request& what, deadline& until, limits allowed, bool last)
        : client_(from),
          server_(to),
          request_(what),
          until_(until),
          allowed_(allowed),
          last_(last) {}

    task<verdict> run();

    /// When the client was last told anything; at first, when this began.
    [[nodiscard]] clock::time_point last_told() const { return last_told_; }
    /// Or is tunnelled, which is the same to who would look whether it is there.
    [[nodiscard]] bool writes_to_client() const { return writes_to_client_; }
    /// Says "100 Continue" in the place of a server that has not for a while: it may never have heard of that.
    void look_at_expectation(clock::time_point now);
    /// Bytes of the final response are with the client, so there is no way back.
    [[nodiscard]] bool begun() const { return begun_; }
    [[nodiscard]] bool client_can_go_on() const { return client_can_go_on_; }
    [[nodiscard]] bool server_can_go_on() const { return server_can_go_on_; }

  private:
    task<void> send_first();
    task<void> send_rest();
    task<void> receive();
    task<bool> receive_head();
    task<void> receive_body(response_parser& response);
    [[nodiscard]] verdict why_silent() const;
    [[nodiscard]] bool still_expects(const response_parser& interim) const;
    task<void> tunnel();
    task<void> one_way(socket_type& from, socket_type& to, buffer_type& through);

    task<bool> write_to_server(std::array<asio::const_buffer, 2> parts);
    task<bool> read_from_server();
    task<bool> write_to_client(asio::const_buffer body);
    void end(verdict how);

    client& client_;
    connection& server_;
    request& request_;
    deadline& until_;
    limits allowed_;
    bool last_; // the client's connection ends after this

    std::string head_; // of the response, as it goes to the client
    std::size_t head_size_ = 0;
    verdict verdict_ = verdict::answered;
    bool ended_ = false;
    clock::time_point last_told_ = clock::now();
    clock::time_point waits_since_ = last_told_; // for the client, as far as waits_for_client_
    bool begun_ = false;
    bool owes_server_ = false;      // bytes of the request that are not written, or not known to be
    bool waits_for_client_ = false; // for more of its body
    bool writes_to_client_ = false;
    bool server_closed_ = false; // in order, that is: a reset is no end of a body
    bool client_can_go_on_ = false;
    bool server_can_go_on_ = false;
};

} // namespace proxy
