"""How fast and how heavy the product is, measured; docs/performance.md says what was found."""
