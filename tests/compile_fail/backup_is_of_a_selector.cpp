// SPDX-License-Identifier: MIT
#include <poise/selectors/with_backup.hpp>

poise::with_backup<int> no_selector;
