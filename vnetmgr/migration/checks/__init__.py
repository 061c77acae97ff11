"""What is compared, in the order in which it is shown. Each check is a pure function of the facts,
and says of each thing whether the other host has it, be it so or not."""
