//! Servers that are slow, broken, busy or hostile.

use std::time::Duration;

use serde_json::json;
use switchboard::assistant::provider::CircuitLimits;
use switchboard::assistant::{Assistant, AssistantError};
use tokio::task::JoinHandle;

use super::server::{Server, Step, chunk, last_chunk, stream, stream_head, whole};
use super::*;

/// The first half of an answer: "Well".
fn beginning(vendor: Vendor) -> Vec<u8> {
    let event = match vendor {
        Vendor::OpenAi => json!({ "choices": [{ "index": 0, "delta": { "content": "Well" } }] }),
        Vendor::Anthropic => {
            json!({ "type": "content_block_delta", "index": 0, "delta": { "type": "text_delta", "text": "Well" } })
        }
    };
    sse(&[("", event)]).into_bytes()
}

fn good(vendor: Vendor) -> Vec<Step> {
    let body = match vendor {
        Vendor::OpenAi => json!({ "choices": [{ "message": { "content": "Hi" }, "finish_reason": "stop" }] }),
        Vendor::Anthropic => json!({ "type": "message", "content": [{ "type": "text", "text": "Hi" }] }),
    };
    whole(200, "", &body.to_string())
}

fn failing(status: u16) -> Vec<Step> {
    // Servers do repeat keys: https://platform.openai.com says "Incorrect API key provided: …".
    whole(status, "", &json!({ "error": { "message": format!("no such key {KEY}"), "type": "x" } }).to_string())
}

type Turning = (JoinHandle<Result<Reply, AssistantError>>, mpsc::UnboundedReceiver<String>);

/// A turn in the background, and what is heard of it.
fn begin(provider: Provider) -> Turning {
    let (tell, deltas) = mpsc::unbounded_channel();
    (tokio::spawn(async move { provider.answer(turn(), &mut Heard(tell)).await }), deltas)
}

/// Both ways to fall silent: before anything is said, and after the word "Well".
async fn silent(vendor: Vendor, in_the_middle: bool) -> (Server, Turning) {
    let script = match in_the_middle {
        true => vec![stream_head(), chunk(&beginning(vendor)), Step::Hang],
        false => vec![Step::Hang],
    };
    let mut server = Server::start(vec![script]).await;
    let (turning, mut deltas) = begin(started(vendor, &server, limits()));
    server.next().await;
    if in_the_middle {
        assert_eq!(deltas.recv().await.unwrap(), "Well");
    }
    (server, (turning, deltas))
}

#[tokio::test]
async fn silence_ends_with_the_limit_of_the_first_token_or_of_the_turn() {
    for vendor in BOTH {
        for (in_the_middle, limit) in [(false, "first_token"), (true, "turn")] {
            let (mut server, (turning, _deltas)) = silent(vendor, in_the_middle).await;
            tokio::time::pause();
            tokio::time::advance(Duration::from_secs(60)).await;
            assert_eq!(turning.await.unwrap(), Err(AssistantError::TimedOut(limit)), "{vendor:?}");
            tokio::time::resume();
            server.left.recv().await.unwrap();
        }
    }
}

#[tokio::test]
async fn silence_between_the_headers_and_the_first_token_ends_with_its_limit() {
    let quick = Limits { first_token: Millis::new(30), ..limits() };
    let script = vec![stream_head(), chunk(b": ping\n\n"), Step::Hang];
    let error = once(Vendor::Anthropic, quick, vec![script]).await.unwrap_err();
    assert_eq!(error, AssistantError::TimedOut("first_token"));
}

#[tokio::test]
async fn a_connection_cut_in_the_middle_is_told() {
    for vendor in BOTH {
        for end in [vec![Step::Close], vec![last_chunk()], vec![chunk(b"data: {\"type\":\"mess"), last_chunk()]] {
            let mut script = vec![stream_head(), chunk(&beginning(vendor))];
            script.extend(end);
            let server = Server::start(vec![script]).await;
            let (heard, result) = ask(&started(vendor, &server, limits())).await;
            assert!(matches!(result, Err(AssistantError::Unreachable(_))), "{vendor:?}: {result:?}");
            assert_eq!(heard, ["Well"]);
        }
    }
}

#[tokio::test]
async fn a_refusal_is_told_at_once() {
    for vendor in BOTH {
        for status in [400, 401, 403, 404] {
            let mut server = Server::start(vec![failing(status)]).await;
            let error = ask(&started(vendor, &server, limits())).await.1.unwrap_err();
            assert_eq!((error, server.unseen()), (AssistantError::Refused(status), 1));
        }
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let mut elsewhere = Server::start(vec![good(Vendor::OpenAi)]).await;
    let location = format!("location: {}/v1/chat/completions\r\n", elsewhere.base_url);
    let error = once(Vendor::OpenAi, limits(), vec![whole(307, &location, "")]).await.unwrap_err();
    assert_eq!((error, elsewhere.unseen()), (AssistantError::Refused(307), 0));
}

#[tokio::test]
async fn a_busy_or_broken_server_is_asked_again() {
    for vendor in BOTH {
        for status in [429, 500, 502, 503, 504, 529] {
            let mut server = Server::start(vec![failing(status), failing(status), good(vendor)]).await;
            let (heard, result) = ask(&started(vendor, &server, limits())).await;
            result.unwrap();
            assert_eq!((heard, server.unseen()), (vec!["Hi".to_owned()], 3), "{vendor:?} {status}");
        }
        let mut server = Server::start(vec![failing(529), failing(503), failing(500), good(vendor)]).await;
        let error = ask(&started(vendor, &server, limits())).await.1.unwrap_err();
        assert_eq!((error, server.unseen()), (AssistantError::Unavailable { status: 500 }, 3));
    }
}

#[tokio::test]
async fn a_connection_that_closes_before_the_first_byte_is_tried_again() {
    let mut server = Server::start(vec![vec![Step::Close], good(Vendor::OpenAi)]).await;
    ask(&started(Vendor::OpenAi, &server, limits())).await.1.unwrap();
    assert_eq!(server.unseen(), 2);
}

#[tokio::test]
async fn nobody_listening_is_unreachable() {
    let server = Server::start(Vec::new()).await;
    let provider = started(Vendor::Anthropic, &server, limits());
    drop(server);
    let error = ask(&provider).await.1.unwrap_err();
    assert!(matches!(error, AssistantError::Unreachable(_)), "{error:?}");
}

#[tokio::test]
async fn a_pause_that_is_asked_for_is_kept_or_the_turn_given_up() {
    let busy = |pause: &str| whole(429, &format!("retry-after: {pause}\r\n"), "");
    for pause in ["0", "Fri, 20 Nov 2026 07:00:00 GMT", "nonsense"] {
        let mut server = Server::start(vec![busy(pause), good(Vendor::OpenAi)]).await;
        ask(&started(Vendor::OpenAi, &server, limits())).await.1.unwrap();
        assert_eq!(server.unseen(), 2, "{pause}");
    }
    // Longer than what is left of the turn: nobody is kept waiting for nothing.
    for pause in ["3600", "99999999999999999999", "Mon, 21 Dec 2026 07:36:40 GMT"] {
        let mut server = Server::start(vec![busy(pause), good(Vendor::OpenAi)]).await;
        let error = ask(&started(Vendor::OpenAi, &server, limits())).await.1.unwrap_err();
        assert_eq!((error, server.unseen()), (AssistantError::Unavailable { status: 429 }, 1), "{pause}");
    }
}

#[tokio::test]
async fn an_error_in_the_stream_is_told_by_its_kind() {
    let cases = [
        (Vendor::Anthropic, json!({ "type": "error", "error": { "type": "overloaded_error", "message": KEY } }), 529),
        (Vendor::Anthropic, json!({ "type": "error", "error": { "type": "api_error", "message": KEY } }), 500),
        (Vendor::OpenAi, json!({ "error": { "message": KEY, "type": "server_error", "code": null } }), 500),
        (Vendor::OpenAi, json!({ "error": { "message": KEY, "code": "rate_limit_exceeded" } }), 429),
        (Vendor::OpenAi, json!({ "error": { "message": KEY, "code": 502 }, "choices": [] }), 502),
        (Vendor::OpenAi, json!({ "error": KEY }), 500),
    ];
    for (vendor, event, status) in cases {
        let script = vec![stream_head(), chunk(&beginning(vendor)), chunk(sse(&[("error", event.clone())]).as_bytes())];
        let error = once(vendor, limits(), vec![script]).await.unwrap_err();
        assert_eq!(error, AssistantError::Unavailable { status }, "{event}");
        let error = once(vendor, limits(), vec![whole(200, "", &event.to_string())]).await.unwrap_err();
        assert_eq!(error, AssistantError::Unavailable { status }, "{event} in a whole answer");
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_told() {
    for vendor in BOTH {
        for chunk in ["{\"choices\": [", "<html>", "[]", "7", "{\"choices\": 7, \"type\": 7}"] {
            let error = once(vendor, limits(), vec![stream(&format!("data: {chunk}\n\n"))]).await.unwrap_err();
            assert!(matches!(error, AssistantError::Unreadable(_)), "{vendor:?} {chunk}: {error:?}");
        }
        for body in ["", "<html>502</html>", "{}", "null"] {
            let error = once(vendor, limits(), vec![whole(200, "", body)]).await.unwrap_err();
            assert!(matches!(error, AssistantError::Unreadable(_)), "{vendor:?} {body}: {error:?}");
        }
    }
}

#[tokio::test]
async fn an_answer_of_ten_megabytes_is_not_read_to_its_end() {
    let long = "x".repeat(10 << 20);
    for vendor in BOTH {
        let shapes = [
            whole(200, "", &json!({ "choices": [{ "message": { "content": long } }] }).to_string()),
            stream(&format!("data: {long}\n\n")),
            [stream_head()].into_iter().chain(std::iter::repeat_n(chunk(&beginning(vendor)), 100_000)).collect(),
        ];
        for shape in shapes {
            let error = once(vendor, limits(), vec![shape]).await.unwrap_err();
            assert_eq!(error, AssistantError::Unreadable("too long"));
        }
    }
}

#[tokio::test]
async fn dropping_the_turn_closes_the_connection() {
    for vendor in BOTH {
        for in_the_middle in [false, true] {
            let (mut server, (turning, _deltas)) = silent(vendor, in_the_middle).await;
            turning.abort();
            server.left.recv().await.unwrap();
            assert!(turning.await.unwrap_err().is_cancelled());
        }
    }
}

#[tokio::test]
async fn a_connection_serves_many_turns() {
    for vendor in BOTH {
        let mut server = Server::start(vec![good(vendor), good(vendor), good(vendor)]).await;
        let provider = started(vendor, &server, limits());
        for _ in 0..3 {
            ask(&provider).await.1.unwrap();
            assert_eq!(server.next().await.connection, 0);
        }
    }
}

#[tokio::test]
async fn a_provider_that_keeps_failing_is_left_alone_then_probed() {
    let circuit = CircuitLimits { rest: Millis::from_secs(3600), ..CircuitLimits::default() };
    let tough = Limits { retries: 0, circuit, ..limits() };
    let mut server = Server::start(vec![failing(500); 5]).await;
    let provider = started(Vendor::OpenAi, &server, tough);
    for _ in 0..5 {
        assert_eq!(ask(&provider).await.1, Err(AssistantError::Unavailable { status: 500 }));
    }
    assert_eq!(ask(&provider).await.1, Err(AssistantError::Unavailable { status: 0 }));
    assert_eq!(server.unseen(), 5, "the last one was not sent");
    // With no rest at all the next turn is the probe, and its success closes the circuit.
    let circuit = CircuitLimits { failures: 1, rest: Millis::ZERO, ..CircuitLimits::default() };
    let server = Server::start(vec![failing(500), good(Vendor::OpenAi), good(Vendor::OpenAi)]).await;
    let provider = started(Vendor::OpenAi, &server, Limits { circuit, ..tough });
    ask(&provider).await.1.unwrap_err();
    ask(&provider).await.1.unwrap();
    ask(&provider).await.1.unwrap();
}

#[tokio::test]
async fn refusals_do_not_open_the_circuit() {
    let mut server = Server::start(vec![failing(401); 8]).await;
    let provider = started(Vendor::Anthropic, &server, limits());
    for _ in 0..8 {
        assert_eq!(ask(&provider).await.1, Err(AssistantError::Refused(401)));
    }
    assert_eq!(server.unseen(), 8);
}

#[test]
fn settings_that_cannot_work_are_told_by_their_key() {
    let vendor_own = |key: Option<&str>| ProviderSettings {
        base_url: "https://api.openai.com/v1".to_owned(),
        api_key: key.map(Secret::new),
        ..settings(Vendor::OpenAi, "", limits())
    };
    let error = Provider::openai(vendor_own(None)).unwrap_err();
    assert_eq!(error.to_string(), "assistant.openai_api_key: is needed for this server");
    let error = Provider::openai(vendor_own(Some("sk-\u{7}bell"))).unwrap_err();
    assert_eq!(error.to_string(), "assistant.openai_api_key: has characters that no header can carry");
    let nowhere = ProviderSettings { base_url: "nowhere".to_owned(), ..settings(Vendor::Anthropic, "", limits()) };
    let error = Provider::anthropic(nowhere).unwrap_err();
    assert_eq!(error.key, "assistant.anthropic_base_url");
}
