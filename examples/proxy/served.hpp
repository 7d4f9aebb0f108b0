// SPDX-License-Identifier: MIT
// A client's connection as the server sees it, whatever is spoken on it.
#pragma once

#include "net.hpp"

namespace proxy {

class served {
  public:
    served() = default;
    served(const served&) = delete;
    served& operator=(const served&) = delete;
    virtual ~served() = default;

    /// Serves the client until it is over.
    virtual task<void> run() = 0;
    /// Interrupts what is waited for if that has lasted too long.
    virtual void look_at_clock(clock::time_point now) = 0;
    /// Interrupts what is waited for if the client has left meanwhile.
    virtual void look_at_client(clock::time_point now) = 0;
    /// The proxy is about to end.
    virtual void drain() = 0;
};

} // namespace proxy
