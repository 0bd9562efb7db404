"""What `manage.py vault` does, one module per subject; the command itself only dispatches."""
