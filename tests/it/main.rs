//! Every integration test, in one binary: linking once is what makes the checks quick.

fn main() {}
