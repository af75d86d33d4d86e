"""TFMA's measurements and our judgement of them."""
