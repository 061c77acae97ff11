"""What plan, apply and reconcile do: on one host, and on several."""
