//! Where the library is: in DOSAI_LIB_DIR, or where pkg-config says, or else where the linker looks.
use std::env;
use std::process::Command;

fn main() {
    println!("cargo:rerun-if-env-changed=DOSAI_LIB_DIR");
    println!("cargo:rerun-if-env-changed=PKG_CONFIG_PATH");
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-link-lib=dylib=dosai");
    if let Ok(folder) = env::var("DOSAI_LIB_DIR") {
        println!("cargo:rustc-link-search=native={folder}");
    } else if let Ok(found) = Command::new("pkg-config").args(["--libs-only-L", "dosai"]).output() {
        for word in words(&String::from_utf8_lossy(&found.stdout)) {
            println!("cargo:rustc-link-search=native={}", word.trim_start_matches("-L"));
        }
    }
}

/// As a shell takes them: where a path has a space, there is a backslash before it.
fn words(text: &str) -> Vec<String> {
    let (mut words, mut word, mut letters) = (Vec::new(), String::new(), text.chars());
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => word.extend(letters.next()),
            _ if letter.is_whitespace() => words.push(std::mem::take(&mut word)),
            _ => word.push(letter),
        }
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}
