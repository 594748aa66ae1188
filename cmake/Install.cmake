# Installed: program, library, headers, man pages, completions, CMake package.
