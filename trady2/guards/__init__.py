"""Guards: a leak, luck or false confidence is caught by default."""
