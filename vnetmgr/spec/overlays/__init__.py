"""What specs say of overlays beside their networks."""
