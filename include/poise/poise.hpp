// SPDX-License-Identifier: MIT
// All of Poise: includes only.
#ifndef POISE_POISE_HPP
#define POISE_POISE_HPP

#include <poise/version.hpp>

#include <poise/accept.hpp>
#include <poise/member.hpp>
#include <poise/selector.hpp>

#include <poise/selectors/interleaved_weighted_round_robin.hpp>
#include <poise/selectors/round_robin.hpp>
#include <poise/selectors/smooth_weighted_round_robin.hpp>

#include <poise/health/always_healthy.hpp>
#include <poise/health/health_layer.hpp>

#include <poise/lease.hpp>
#include <poise/pool.hpp>

#endif
