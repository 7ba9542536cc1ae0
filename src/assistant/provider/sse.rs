//! Server-sent events, read piece by piece (WHATWG HTML §9.2.6): bytes in, events out.
//!
//! Lines are taken apart as bytes and decoded whole, so a piece may end inside a character. Two things differ from the
//! standard, for the sake of servers that are careless at the end: [`Parser::finish`] gives the event that no blank
//! line ended, and `id` and `retry` are passed over, for nothing here reconnects.

const BOM: &[u8] = &[0xEF, 0xBB, 0xBF];

/// One event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    /// The `event` field; empty when there was none.
    pub name: String,
    /// The `data` lines, joined by line feeds.
    pub data: String,
}

/// Takes a stream of bytes apart.
#[derive(Debug, Default)]
pub struct Parser {
    line: Vec<u8>,
    after_cr: bool,
    past_first_line: bool,
    name: String,
    data: Option<String>,
}

impl Parser {
    /// At the start of a stream.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next bytes; gives the events that they ended, in order.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<Event> {
        let mut events = Vec::new();
        let mut rest = bytes;
        while let Some((&first, behind)) = rest.split_first() {
            if std::mem::take(&mut self.after_cr) && first == b'\n' {
                rest = behind;
                continue;
            }
            let Some(end) = rest.iter().position(|byte| matches!(byte, b'\r' | b'\n')) else {
                self.line.extend_from_slice(rest);
                break;
            };
            let (head, tail) = rest.split_at(end);
            self.line.extend_from_slice(head);
            self.after_cr = tail.first() == Some(&b'\r');
            events.extend(self.end_line());
            rest = tail.get(1..).unwrap_or_default();
        }
        events
    }

    /// At the end of the stream: the event that no blank line ended, if there is one.
    pub fn finish(mut self) -> Option<Event> {
        if !self.line.is_empty() {
            self.end_line();
        }
        self.dispatch()
    }

    fn end_line(&mut self) -> Option<Event> {
        let line = std::mem::take(&mut self.line);
        let bytes = match line.strip_prefix(BOM) {
            Some(behind) if !self.past_first_line => behind,
            _ => line.as_slice(),
        };
        self.past_first_line = true;
        if bytes.is_empty() {
            return self.dispatch();
        }
        let text = String::from_utf8_lossy(bytes);
        let (field, value) = text.split_once(':').unwrap_or((&text, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.name),
            "data" => match &mut self.data {
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
                None => self.data = Some(value.to_owned()),
            },
            // A comment has an empty field name; the rest is of no use here.
            _ => {}
        }
        None
    }

    fn dispatch(&mut self) -> Option<Event> {
        let name = std::mem::take(&mut self.name);
        self.data.take().map(|data| Event { name, data })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn event(name: &str, data: &str) -> Event {
        Event { name: name.to_owned(), data: data.to_owned() }
    }

    fn read(pieces: &[&[u8]]) -> Vec<Event> {
        let mut parser = Parser::new();
        let mut events: Vec<Event> = pieces.iter().flat_map(|piece| parser.push(piece)).collect();
        events.extend(parser.finish());
        events
    }

    #[test]
    fn fields_comments_and_all_line_ends_are_read_as_the_standard_says() {
        let stream = "\u{feff}: hello\r\nevent: ping\r\ndata: a\r\ndata:b\r\n\r\nid: 7\nretry: 5\n\ndata:  two spaces\r\rdata\n\n";
        let expected = vec![event("ping", "a\nb"), event("", " two spaces"), event("", "")];
        assert_eq!(read(&[stream.as_bytes()]), expected);
    }

    #[test]
    fn a_name_without_data_is_no_event_and_does_not_stay() {
        assert_eq!(read(&[b"event: lost\n\ndata: x\n\n"]), vec![event("", "x")]);
    }

    #[test]
    fn the_last_event_needs_no_blank_line() {
        assert_eq!(read(&[b"data: one\n\ndata: [DONE]"]), vec![event("", "one"), event("", "[DONE]")]);
        assert_eq!(read(&[b"data: one\n\ndata: [DONE]\n"]), vec![event("", "one"), event("", "[DONE]")]);
    }

    #[test]
    fn a_piece_may_end_inside_a_character() {
        let bytes = "data: grün €\n\n".as_bytes();
        for cut in 0..bytes.len() {
            assert_eq!(read(&[&bytes[..cut], &bytes[cut..]]), vec![event("", "grün €")], "cut at {cut}");
        }
    }

    #[test]
    fn an_event_is_given_as_soon_as_its_blank_line_came() {
        let mut parser = Parser::new();
        assert!(parser.push(b"data: x\r").is_empty());
        assert_eq!(parser.push(b"\n\r"), vec![event("", "x")], "the line feed behind may take its time");
        assert!(parser.push(b"\n").is_empty());
    }

    proptest! {
        #[test]
        fn any_splitting_gives_the_same_events(
            parts in prop::collection::vec(
                prop::sample::select(vec![
                    &b"data"[..], b":", b" ", b"event", b"\r", b"\n", b"\r\n", b"\n\n", b"x", b"{}", b"\xEF\xBB\xBF",
                    "€".as_bytes(), "🦀".as_bytes(), b"\xFF", b": note", b"data: y\n\n",
                ]),
                0..40,
            ),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
        ) {
            let bytes = parts.concat();
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let pieces: Vec<&[u8]> = cuts.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
            let single: Vec<&[u8]> = bytes.chunks(1).collect();
            let whole = read(&[&bytes]);
            prop_assert_eq!(&read(&pieces), &whole);
            prop_assert_eq!(&read(&single), &whole);
        }
    }
}
