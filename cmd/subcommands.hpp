// The makers of the subcommands, one source file each.
#pragma once

#include <memory>

#include "command.hpp"
