"""The organs of one installation, their names, departments and taxonomies, and the recusal rule."""
