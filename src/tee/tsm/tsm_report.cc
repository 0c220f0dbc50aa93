// SPDX-License-Identifier: Apache-2.0
#include "tee/tsm/tsm_report.h"
