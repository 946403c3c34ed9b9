"""Finding parts of graphs and putting them into modules of their own."""
