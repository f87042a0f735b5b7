"""The ground: errors, ports, digests, text, Merkle trees, notes, the card, age files. It imports nothing of ours."""
