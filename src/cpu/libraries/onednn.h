// Access to libflambeau_onednn.so, opened on first use.
#pragma once

#include "core/dtype.h"
#include "cpu/libraries/onednn/table.h"

namespace flambeau::libraries {

const onednn::Table& onednn_table();

// Raises `message`, if there is one, under the name of the function that was called.
void check_onednn(const char* function, const char* message);

onednn::Type onednn_type(DType dtype);

}  // namespace flambeau::libraries
