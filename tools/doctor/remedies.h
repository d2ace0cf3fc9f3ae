// The commands that mend things, for each family of distributions: the only place that knows names of packages.
#pragma once
#include <string>

#include "distribution.h"
#include "report.h"

namespace tinygrad::doctor::remedy {

Commands loader();
Commands pocl();
Commands nvidia(const Distribution& here);
Commands amd();

/// Intel's driver for a machine that has none of it. `legacy`: the chip is of Gen8 to Gen11.
Commands intel(const Distribution& here, bool legacy);
/// For a chip that is newer than the driver that is there.
Commands newer_intel(const Distribution& here);
/// For a chip of Gen8 to Gen11 where the driver that is there is too new for it (`beside` it), or too old for the kernel.
Commands legacy_intel(const Distribution& here, bool beside);
Commands replace_beignet(const Distribution& here, bool legacy);

/// Installs anew the package that brought a file.
Commands reinstall(const std::string& file);
/// Hides an ICD file from the loader.
Commands hide(const std::string& icd_file);

Commands join_group(const std::string& group);
Commands newer_kernel(const Distribution& here);
Commands allow_modesetting();

}  // namespace tinygrad::doctor::remedy
