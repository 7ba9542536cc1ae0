//! Bodies of REST calls.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    switchboard_fuzz::rest_body(data);
});
