// SPDX-License-Identifier: MIT
#pragma once

#include "net.hpp"

namespace proxy {

/// Until when whoever is waited for must have done something, and why the wait was broken off. The server looks at all
/// of them from time to time, which costs a request nothing.
struct deadline {
    clock::time_point at = clock::time_point::max();
    bool expired = false;
    bool client_left = false; ///< there is nobody left to wait for

    void set(clock::duration from_now) {
        at = clock::now() + from_now;
        expired = false;
    }
    void clear() { at = clock::time_point::max(); }
};

} // namespace proxy
