// SPDX-License-Identifier: MIT
// The version of Poise, and nothing else: CMake reads these three lines.
#ifndef POISE_VERSION_HPP
#define POISE_VERSION_HPP

#define POISE_VERSION_MAJOR 0
#define POISE_VERSION_MINOR 1
#define POISE_VERSION_PATCH 0

#endif
