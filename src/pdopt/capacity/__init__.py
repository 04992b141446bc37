"""What one instance carries under its targets: queueing and batching arithmetic, ending in one table of numbers."""
