// SPDX-License-Identifier: MIT
// The heads that the proxy sends: the fields of one hop out, its own in.
#pragma once

#include <string>
#include <string_view>

#include "head.hpp"

namespace proxy {

/// Whether `name` is among the comma-separated names of the message's Connection fields.
bool connection_names(const std::vector<field>& fields, std::string_view name);

/// Whether the client waits for "100 Continue" before it sends its body.
bool asks_to_continue(const request_parser& request);

/// Whether the client asks to switch protocols, and means it for this hop.
bool asks_for_upgrade(const request_parser& request);

/// Writes the request as it goes to a server. `client` is the address the request came from.
void write_request_head(std::string& out, const request_parser& request, std::string_view client);

/// What becomes of the client's connection after a response, and so what its Connection field says.
enum class after { keep, close, upgrade };

/// Writes the response as it goes to the client.
void write_response_head(std::string& out, const response_parser& response, after what);

/// Writes a whole response of the proxy's own. `bodyless` for an answer to HEAD.
void write_own_response(std::string& out, http::status status, bool bodyless, after what);

} // namespace proxy
