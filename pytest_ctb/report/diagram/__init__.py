"""The tables and keys of a schema as Mermaid, Graphviz and SVG."""
