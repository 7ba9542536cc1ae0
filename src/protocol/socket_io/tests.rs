use proptest::prelude::*;

use super::*;

fn one(text: &str) -> Result<Option<Packet>, Fault> {
    Decoder::new(1000).text(&ByteString::from(text))
}

#[test]
fn the_kinds_are_told_apart() {
    let whole = |text: &str| one(text).unwrap().unwrap();
    let connect = whole("0");
    assert_eq!((connect.kind, connect.namespace.as_ref(), connect.data.as_ref()), (Kind::Connect, "/", ""));
    let connect = whole(r#"0/custom,{"token":"123"}"#);
    assert_eq!((connect.namespace.as_ref(), connect.data.as_ref()), ("/custom", r#"{"token":"123"}"#));
    assert_eq!(whole("0/custom").namespace, "/custom");
    assert_eq!(whole("1/custom").kind, Kind::Disconnect);
    let event = whole(r#"2456["message",1,"2",{"3":[true]}]"#);
    assert_eq!((event.kind, event.id, name(&event).as_deref()), (Kind::Event, Some(456), Some("message")));
    assert_eq!(arguments(&event), ["1", "\"2\"", r#"{"3":[true]}"#]);
    assert_eq!(whole("37[]").kind, Kind::Ack);
}

#[test]
fn attachments_are_waited_for() {
    let mut decoder = Decoder::new(5);
    let text = ByteString::from_static(r#"52-9["m",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]"#);
    assert_eq!(decoder.text(&text), Ok(None));
    assert_eq!(decoder.binary(Bytes::from_static(&[1, 2, 3])), Ok(None));
    let packet = decoder.binary(Bytes::from_static(&[4, 5])).unwrap().unwrap();
    assert_eq!((packet.id, packet.attachments.len()), (Some(9), 2));
    assert_eq!(encode(Kind::Ack, "/", packet.id, "[1]", 2), "462-9[1]");
    assert_eq!(decoder.binary(Bytes::new()), Err(Fault::Malformed), "nothing waits for it");
    assert_eq!(decoder.text(&text), Ok(None));
    assert_eq!(decoder.text(&text), Err(Fault::Malformed), "attachments are missing");
    let mut decoder = Decoder::new(5);
    decoder.text(&text).unwrap();
    assert_eq!(decoder.binary(Bytes::from_static(&[0; 6])), Err(Fault::TooBig));
    assert_eq!(one(r#"517-["m"]"#), Err(Fault::TooBig));
}

#[test]
fn what_is_no_packet_is_refused() {
    for text in [
        "",
        "abc",
        "7",
        "2",
        "2{}",
        "2[]",
        "2[{}]",
        "2abc[\"m\"]",
        "2[\"m\"",
        "2[\"m\"]x",
        "3[]",
        "31{}",
        "0[]",
        "01x",
        "1{}",
        "4{}",
        "5[\"m\"]",
        "5-[\"m\"]",
        "2[\"connect\"]",
        "2[\"disconnect\"]",
        "299999999999999999[\"m\"]",
        "2[null]",
    ] {
        assert!(one(text).is_err(), "{text}");
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(
        kind in prop::sample::select(vec![Kind::Connect, Kind::Event, Kind::Ack]),
        namespace in "/[a-z]{0,8}",
        id in prop::option::of(0u64..1_000_000_000),
        word in "[^\"\\\\\\p{C}]{0,20}",
        attachments in 0usize..3,
    ) {
        let data = match kind {
            Kind::Event => format!("[\"m\",\"{word}\"]"),
            Kind::Ack => format!("[\"{word}\"]"),
            _ => format!("{{\"token\":\"{word}\"}}"),
        };
        let id = if kind == Kind::Ack { Some(id.unwrap_or(1)) } else { id.filter(|_| kind == Kind::Event) };
        let attachments = if kind == Kind::Connect { 0 } else { attachments };
        let text = encode(kind, &namespace, id, &data, attachments);
        let mut decoder = Decoder::new(100);
        let mut packet = decoder.text(&text.slice_ref(&text[1..])).unwrap();
        for number in 0..attachments {
            prop_assert!(packet.is_none());
            packet = decoder.binary(vec![u8::try_from(number).unwrap()].into()).unwrap();
        }
        let packet = packet.unwrap();
        prop_assert_eq!((packet.kind, packet.id, packet.attachments.len()), (kind, id, attachments));
        prop_assert_eq!(&*packet.namespace, namespace.as_str());
        prop_assert_eq!(&*packet.data, data.as_str());
    }

    #[test]
    fn any_text_is_read_or_refused(text in "[0-6]?[0-9]{0,3}-?(/[a-z]*,?)?[0-9]{0,20}.{0,40}", binary in any::<bool>()) {
        let mut decoder = Decoder::new(10);
        // Either is fine; a panic is not.
        let _ = decoder.text(&ByteString::from(text.as_str()));
        if binary {
            let _ = decoder.binary(Bytes::from(text));
        }
    }
}
