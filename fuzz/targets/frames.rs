//! Frames of a client, whole and cut.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    switchboard_fuzz::frames(data);
});
