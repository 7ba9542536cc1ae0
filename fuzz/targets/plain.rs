//! Texts of a client in both key styles.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    switchboard_fuzz::plain(data);
});
