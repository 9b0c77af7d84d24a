"""What scripts/release is made of: one file for each thing that is released."""
