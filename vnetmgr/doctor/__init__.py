"""Why a guest has no network: what was seen, checked step by step from the guest outwards."""
