#pragma once
#include <poise/detail/draw.hpp>
