"""What readers open: finished notebooks as pages that need nothing from elsewhere."""
