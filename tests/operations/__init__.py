"""What operators of the application rely on."""
