use proptest::prelude::*;

use super::*;

const LIMITS: FrameLimits = FrameLimits { message_bytes: 4096, binary: true };

fn frame(fin: bool, opcode: u8, payload: &[u8], mask: [u8; 4]) -> Vec<u8> {
    let mut out = vec![u8::from(fin) << 7 | opcode];
    match payload.len() {
        len @ 0..=125 => out.push(0x80 | u8::try_from(len).unwrap()),
        len @ 126..=65_535 => {
            out.push(0x80 | 126);
            out.extend(u16::try_from(len).unwrap().to_be_bytes());
        }
        len => {
            out.push(0x80 | 127);
            out.extend(u64::try_from(len).unwrap().to_be_bytes());
        }
    }
    out.extend(mask);
    out.extend(payload.iter().enumerate().map(|(place, byte)| byte ^ mask[place & 3]));
    out
}

fn all(decoder: &mut Decoder) -> Vec<Result<Inbound, FrameFault>> {
    let mut found = Vec::new();
    loop {
        match decoder.next() {
            Ok(Some(inbound)) => found.push(Ok(inbound)),
            Ok(None) => return found,
            Err(fault) => {
                found.push(Err(fault));
                return found;
            }
        }
    }
}

fn decode(bytes: &[u8], chunk: usize) -> Vec<Result<Inbound, FrameFault>> {
    let mut decoder = Decoder::new(LIMITS);
    let mut found = Vec::new();
    for piece in bytes.chunks(chunk.max(1)) {
        decoder.push(piece);
        found.extend(all(&mut decoder));
    }
    found
}

#[test]
fn a_header_that_claims_too_much_is_refused_before_its_payload() {
    let mut decoder = Decoder::new(LIMITS);
    let mut header = vec![0x82, 0xFF];
    header.extend((8_u64 << 30).to_be_bytes());
    decoder.push(&header);
    assert_eq!(decoder.next(), Err(FrameFault::TooBig));
    assert_eq!(decoder.buffer.capacity(), 0);
}

#[test]
fn fragments_are_summed() {
    let mut bytes = frame(false, 1, &[b'a'; 3000], [0; 4]);
    bytes.extend(frame(true, 0, &[b'a'; 1097], [0; 4]));
    assert_eq!(decode(&bytes, 1 << 20), vec![Err(FrameFault::TooBig)]);
}

#[test]
fn broken_text_is_found_before_the_frame_ends() {
    let whole = frame(true, 1, &[0xC3, 0x28, b'x', b'x'], [1, 2, 3, 4]);
    let mut decoder = Decoder::new(LIMITS);
    decoder.push(&whole[..whole.len() - 2]);
    assert_eq!(decoder.next(), Err(FrameFault::Utf8));
}

#[test]
fn an_unfinished_character_at_the_end_is_broken_text() {
    assert_eq!(decode(&frame(true, 1, &[0xE2, 0x82], [0; 4]), 64), vec![Err(FrameFault::Utf8)]);
}

#[test]
fn a_limit_that_was_raised_holds_for_the_next_message() {
    let mut decoder = Decoder::new(FrameLimits { message_bytes: 10, binary: false });
    decoder.set_limits(FrameLimits { message_bytes: 100, binary: false });
    decoder.push(&frame(true, 1, &[b'a'; 50], [9; 4]));
    assert!(matches!(decoder.next(), Ok(Some(Inbound::Text(text))) if text.len() == 50));
}

#[test]
fn faults_carry_their_close_codes() {
    for (bytes, code) in [
        (vec![0x81, 0x00], 1002),
        (frame(true, 3, b"", [0; 4]), 1002),
        (vec![0xC1, 0x80], 1002),
        (frame(false, 9, b"", [0; 4]), 1002),
        (frame(true, 0, b"x", [0; 4]), 1002),
        (frame(true, 8, b"x", [0; 4]), 1002),
        (frame(true, 8, &999_u16.to_be_bytes(), [0; 4]), 1002),
        (frame(true, 8, &[0x03, 0xE8, 0xFF], [0; 4]), 1007),
    ] {
        let found = decode(&bytes, 1);
        let Some(Err(fault)) = found.last() else { panic!("{bytes:?}: {found:?}") };
        assert_eq!(fault.close_code(), code, "{bytes:?}");
    }
    let mut text_only = Decoder::new(FrameLimits { message_bytes: 10, binary: false });
    text_only.push(&frame(true, 2, b"x", [0; 4]));
    assert_eq!(text_only.next().unwrap_err().close_code(), 1003);
}

/// Text or binary, content, where it is cut, the mask.
type Sent = (bool, Vec<u8>, Vec<usize>, [u8; 4]);

fn messages() -> impl Strategy<Value = Vec<Sent>> {
    let one = (any::<bool>(), "\\PC{0,200}", proptest::collection::vec(0_usize..200, 0..4), any::<[u8; 4]>());
    let one = one.prop_map(|(text, content, cuts, mask)| (text, content.into_bytes(), cuts, mask));
    proptest::collection::vec(one, 0..6)
}

proptest! {
    #[test]
    fn any_bytes_in_any_pieces_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600), chunk in 1_usize..40) {
        decode(&bytes, chunk);
    }

    #[test]
    fn what_was_sent_is_what_is_read_however_it_is_cut(messages in messages(), chunk in 1_usize..300) {
        let mut bytes = Vec::new();
        let mut expected = Vec::new();
        for (text, content, mut cuts, mask) in messages {
            cuts.retain(|cut| *cut < content.len());
            cuts.sort_unstable();
            cuts.dedup();
            let mut from = 0;
            let mut opcode = if text { 1 } else { 2 };
            for cut in cuts {
                bytes.extend(frame(false, opcode, &content[from..cut], mask));
                bytes.extend(frame(true, 9, b"p", mask));
                expected.push(Ok(Inbound::Ping(Bytes::from_static(b"p"))));
                (from, opcode) = (cut, 0);
            }
            bytes.extend(frame(true, opcode, &content[from..], mask));
            expected.push(Ok(if text {
                Inbound::Text(ByteString::try_from(content).unwrap())
            } else {
                Inbound::Binary(content.into())
            }));
        }
        prop_assert_eq!(decode(&bytes, chunk), expected);
    }

    #[test]
    fn nothing_is_kept_while_idle(content in proptest::collection::vec(any::<u8>(), 0..4000)) {
        let mut decoder = Decoder::new(LIMITS);
        decoder.push(&frame(true, 2, &content, [5; 4]));
        all(&mut decoder);
        prop_assert_eq!(decoder.buffer.capacity(), 0);
        prop_assert!(decoder.partial.is_none());
    }
}
