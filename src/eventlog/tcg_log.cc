// SPDX-License-Identifier: Apache-2.0
#include "eventlog/tcg_log.h"
