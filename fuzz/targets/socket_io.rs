//! Bodies of a polling Socket.IO client.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    switchboard_fuzz::socket_io(data);
});
