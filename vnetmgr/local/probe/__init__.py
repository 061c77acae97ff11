"""A probe stands for a moment where a guest stands, and sees what the guest would see."""
