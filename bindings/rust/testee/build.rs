//! The library is found beside the program: build/testees, build/lib.
fn main() {
    println!("cargo:rustc-link-arg=-Wl,-rpath,$ORIGIN/../lib");
}
