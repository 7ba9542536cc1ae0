//! Files that macros take into the program: a new one among them is a reason to build again.

#![expect(clippy::print_stdout, reason = "this is how a build script speaks to cargo")]

fn main() {
    for folder in ["migrations", "web/dist"] {
        println!("cargo:rerun-if-changed={folder}");
    }
}
