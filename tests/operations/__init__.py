"""What whoever runs the application relies on."""
