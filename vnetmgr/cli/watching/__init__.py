"""What `watch` says, and how it keeps several hosts."""

LEFT_ALONE = "what is named is left alone, and nothing is taken away, until that is mended"
