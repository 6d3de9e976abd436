"""What the server prints of an object, read back: columns, types, CHECKs, and whether two texts mean the same."""
