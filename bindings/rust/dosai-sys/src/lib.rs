//! The C functions of libdosai, under their names. `dosai.h` is the manual; programs use the crate `dosai`.
#![allow(non_camel_case_types, rustdoc::bare_urls)]

#[rustfmt::skip]
mod declarations;

pub use declarations::*;
