//! Files that macros take into the program: a new one among them is a reason to build again.

fn main() {
    for folder in ["migrations", "web/dist"] {
        println!("cargo:rerun-if-changed={folder}");
    }
}
