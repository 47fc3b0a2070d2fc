"""The ways to a solver, all behind one contract (`program.Session`); nothing above knows which one answered."""
