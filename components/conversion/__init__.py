"""From a SavedModel to the bytes of a file, and the measurements that verify them."""
