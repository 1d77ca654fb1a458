"""A regular package, so that `evidence` is this folder and not the benchmark of that name."""
