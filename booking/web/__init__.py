"""Pages: views parse, guard, call one service or query, render. One package an audience."""
