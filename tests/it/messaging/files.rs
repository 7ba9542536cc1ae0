//! Files beside messages: brought in, looked at, handed out for a while.

use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use switchboard::domain::time::Millis;

use super::{MESSAGES, agent, begin, guest, of};
use crate::support::server::Server;

const FILES: &str = "/api/v1/messages/attachments";

/// The smallest PNG: one pixel.
const PIXEL: &[u8] = &[
    0x89, 0x50, 0x4E, 0x47, 13, 10, 0x1A, 10, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52, 0, 0, 0, 1, 0, 0, 0, 1, 8, 6, 0, 0,
    0, 0x1F, 0x15, 0xC4, 0x89, 0, 0, 0, 13, 0x49, 0x44, 0x41, 0x54, 0x78, 0xDA, 0x63, 0x10, 0x50, 0x30, 0xF8, 15, 0, 2,
    4, 1, 0x60, 0x52, 0xE2, 0xA9, 0x61, 0, 0, 0, 0, 0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42, 0x60, 0x82,
];

async fn server(folder: &tempfile::TempDir, postgres: bool) -> Server {
    let path = folder.path().join("files").to_str().unwrap().to_owned();
    let url = if postgres { Some(crate::support::postgres::fresh_database().await) } else { None };
    Server::with(move |config| {
        config.attachments.path = path;
        config.attachments.max_bytes = 10_000;
        config.attachments.per_minute = 8;
        if let Some(url) = url {
            config.database.url = switchboard::config::PrivateUrl::new(url);
        }
    })
    .await
}

/// Brings a file as the body of a request.
async fn bring(server: &Server, token: &str, name: &str, kind: &str, bytes: &[u8]) -> (u16, Value) {
    let url = format!("http://{}{FILES}?file_name={name}", server.address);
    let request = server.http.post(url).bearer_auth(token).header("content-type", kind).body(bytes.to_vec());
    let response = request.send().await.unwrap();
    (response.status().as_u16(), serde_json::from_str(&response.text().await.unwrap()).unwrap())
}

/// Gets an address without any token.
async fn fetch(server: &Server, address: &str) -> (u16, HeaderMap, Vec<u8>) {
    let response = server.http.get(format!("http://{}{address}", server.address)).send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    (status, headers, response.bytes().await.unwrap().to_vec())
}

async fn a_file_goes_with_a_message_and_is_handed_out_for_a_while(server: Server) {
    let (cleo, ann) = (guest(&server, "cleo").await, agent(&server, "ann").await);
    let id = begin(&server, &cleo, "guest_staff", &["ann"]).await;
    let (status, file) = bring(&server, &cleo, "room.png", "image/png", PIXEL).await;
    assert_eq!(status, 201, "{file}");
    let facts = (&file["file_name"], &file["file_type"], &file["file_size"], &file["width"], &file["height"]);
    assert_eq!(facts, (&json!("room.png"), &json!("image/png"), &json!(PIXEL.len()), &json!(1), &json!(1)));

    let (_, other) = bring(&server, &cleo, "alone.png", "image/png", PIXEL).await;
    let alone = json!({ "conversation_id": id, "attachments": [other["id"]] });
    let (status, sent) = server.post(MESSAGES, &cleo, alone).await;
    assert_eq!(
        (status, &sent["message_text"], &sent["attachments"][0]["id"]),
        (201, &json!(""), &other["id"]),
        "{sent}"
    );

    let body = json!({ "conversation_id": id, "message_text": "Look", "attachments": [file["id"]] });
    let stolen = json!({ "conversation_id": id, "message_text": "Mine", "attachments": [file["id"]] });
    assert_eq!(server.post(MESSAGES, &ann, stolen.clone()).await.0, 404, "another's file");
    let (status, sent) = server.post(MESSAGES, &cleo, body.clone()).await;
    assert_eq!((status, &sent["attachments"][0]["id"]), (201, &file["id"]), "{sent}");
    assert_eq!(server.post(MESSAGES, &cleo, body).await.0, 404, "a file belongs to one message");

    let (_, page) = server.get(&format!("{}/messages", of(&id)), &ann).await;
    let seen = &page[0]["attachments"][0];
    let (whole, small) = (seen["file_url"].as_str().unwrap(), seen["thumbnail_url"].as_str().unwrap());
    let (status, headers, bytes) = fetch(&server, whole).await;
    assert_eq!((status, bytes.as_slice()), (200, PIXEL));
    let header = |name: &str| headers.get(name).unwrap().to_str().unwrap().to_owned();
    assert_eq!((header("content-type").as_str(), header("x-content-type-options").as_str()), ("image/png", "nosniff"));
    assert!(header("content-disposition").starts_with("inline"), "{headers:?}");
    assert!(header("content-security-policy").contains("sandbox"));
    assert_eq!(fetch(&server, small).await.0, 200);

    let forged = whole.replace("part=file", "part=thumbnail");
    let later = whole.replace("expires=1", "expires=2");
    let bare = format!("{FILES}/{}", file["id"].as_str().unwrap());
    for address in [forged.as_str(), later.as_str(), bare.as_str(), &whole[..whole.len() - 1]] {
        assert_eq!(fetch(&server, address).await.0, 404, "{address}");
    }
    server.clock.advance(Millis::from_mins(16));
    assert_eq!(fetch(&server, whole).await.0, 404, "it has ended");
    let ann = agent(&server, "ann").await;
    let (_, page) = server.get(&format!("{}/messages", of(&id)), &ann).await;
    assert_eq!(fetch(&server, page[0]["attachments"][0]["file_url"].as_str().unwrap()).await.0, 200, "a fresh one");
    server.stop().await;
}

async fn what_is_not_what_it_says_is_not_taken(server: Server) {
    let cleo = guest(&server, "cleo").await;
    let big = vec![b'a'; 10_001];
    for (kind, bytes, status) in [
        ("image/png", b"GIF89a".as_slice(), 400),
        ("text/html", b"<script>".as_slice(), 415),
        ("text/plain", PIXEL, 400),
        ("text/plain", b"".as_slice(), 400),
        ("text/plain", big.as_slice(), 413),
    ] {
        let (found, told) = bring(&server, &cleo, "x", kind, bytes).await;
        assert_eq!(found, status, "{kind}: {told}");
    }
    let (status, file) = bring(&server, &cleo, "note.txt", "text/plain", b"hello").await;
    assert_eq!((status, &file["thumbnail_url"]), (201, &Value::Null), "{file}");
    let (_, headers, _) = fetch(&server, file["file_url"].as_str().unwrap()).await;
    assert!(headers["content-disposition"].to_str().unwrap().starts_with("attachment"), "text is saved, not shown");
    // A form does as well; the eighth is the last in a minute.
    let url = format!("http://{}{FILES}", server.address);
    let form = "--b\r\ncontent-disposition: form-data; name=\"note\"\r\n\r\nx\r\n--b\r\n\
                content-disposition: form-data; name=\"file\"; filename=\"C:\\\\a\\\\note.txt\"\r\n\
                content-type: text/plain\r\n\r\nhello\r\n--b--\r\n";
    let send = async || {
        let request =
            server.http.post(&url).bearer_auth(&cleo).header("content-type", "multipart/form-data; boundary=b");
        let response = request.body(form).send().await.unwrap();
        (response.status().as_u16(), serde_json::from_str::<Value>(&response.text().await.unwrap()).unwrap())
    };
    let (status, file) = send().await;
    assert_eq!((status, &file["file_name"], &file["file_size"]), (201, &json!("note.txt"), &json!(5)), "{file}");
    assert_eq!(send().await.0, 201);
    assert_eq!(send().await.0, 429);
    let nobody = server.http.post(&url).header("content-type", "text/plain").body("x").send().await.unwrap();
    assert_eq!(nobody.status().as_u16(), 401);
    server.stop().await;
}

macro_rules! on_both_with_files {
    ($($story:ident),+ $(,)?) => {
        mod on_sqlite {
            $(#[actix_web::test]
            async fn $story() {
                let folder = tempfile::tempdir().unwrap();
                super::$story(super::server(&folder, false).await).await;
            })+
        }

        mod on_postgres {
            $(#[actix_web::test]
            async fn $story() {
                let folder = tempfile::tempdir().unwrap();
                super::$story(super::server(&folder, true).await).await;
            })+
        }
    };
}

on_both_with_files!(a_file_goes_with_a_message_and_is_handed_out_for_a_while, what_is_not_what_it_says_is_not_taken,);
