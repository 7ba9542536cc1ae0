//! Files beside messages: brought in, and handed out by addresses that are signed and do not last.

use actix_multipart::Multipart;
use actix_web::http::header::{self, ContentDisposition, DispositionParam, DispositionType};
use actix_web::{HttpRequest, HttpResponse, web};
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt};
use serde::Deserialize;

use crate::actors::failure::Failure;
use crate::actors::node::Node;
use crate::auth::policy::Action;
use crate::auth::secret;
use crate::domain::messaging::Attachment;
use crate::domain::rejection::Rejection;
use crate::domain::text;
use crate::domain::time::{Millis, Timestamp};
use crate::files::{Files, FilesError, Part, Refusal};
use crate::protocol::error::{ErrorCode, WireError};
use crate::protocol::json::Object;

use super::super::answer::ApiError;
use super::super::params::{Id, Params};
use super::super::who::{Shared, Who};
use super::{Answer, created, shape};

/// A file must be here by then.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(120);
/// Files that no message took are forgotten after this.
const UNUSED: Millis = Millis::from_mins(24 * 60);
/// Unused files that are forgotten with each new one.
const AT_ONCE: i64 = 20;

/// What an upload says of itself.
struct Upload {
    name: String,
    declared: String,
    bytes: Bytes,
}

#[derive(Deserialize)]
pub(in super::super) struct Named {
    file_name: Option<String>,
}

/// A file: as a form's field `file`, or as the body itself, with its `Content-Type` and `?file_name`.
pub(in super::super) async fn put(
    who: Who,
    shared: web::Data<Shared>,
    query: Params<Named>,
    req: HttpRequest,
    payload: web::Payload,
) -> Answer {
    who.may(Action::AttachmentPut)?;
    let principal = who.known()?;
    let files = shared.files().filter(|files| files.settings().enabled);
    let files = files.ok_or_else(|| who.refused(Rejection::NotFound))?;
    let attempt = shared.attempt(&who.node, format!("file {}", principal.user_id), files.settings().per_minute);
    attempt.map_err(|rejection| who.refused(rejection))?;
    let taking = taken(&who, files, &req, payload, query.into_inner().file_name);
    let upload = actix_web::rt::time::timeout(PATIENCE, taking)
        .await
        .map_err(|_| who.refused(WireError::invalid("file", "took too long to come")))??;
    let name = text::line("data.file_name", &upload.name, 200).map_err(|rejection| who.refused(rejection))?;
    let turn = files.turn().await;
    let (judge, bytes, declared) = (files.clone(), upload.bytes.clone(), upload.declared);
    let judged = web::block(move || judge.judge(&bytes, &declared)).await;
    drop(turn);
    let judged =
        judged.map_err(|_| who.refused(Failure::NoAnswer))?.map_err(|refusal| who.refused(refused(&refusal)))?;
    let pixels = |side: u32| i32::try_from(side).unwrap_or(i32::MAX);
    let attachment = Attachment {
        id: who.node.new_id(),
        owner_id: principal.user_id.clone(),
        message_id: None,
        name,
        media_type: judged.media_type,
        bytes: i64::try_from(upload.bytes.len()).unwrap_or(i64::MAX),
        width: judged.size.map(|(width, _)| pixels(width)),
        height: judged.size.map(|(_, height)| pixels(height)),
        thumbnail: judged.thumbnail.is_some(),
        created_at: who.node.now(),
    };
    // The bytes first: a row without them would be an address that leads nowhere.
    files.put(&attachment.id, Part::Whole, upload.bytes).await.map_err(|error| failed(&who, &error))?;
    if let Some(small) = judged.thumbnail {
        files.put(&attachment.id, Part::Thumbnail, small.into()).await.map_err(|error| failed(&who, &error))?;
    }
    who.node.store().add_attachment(&attachment).await?;
    forget_unused(&who, files).await;
    let address = addresses(&who, files);
    Ok(created(|o| shape::attachment(o, &attachment, &address)))
}

fn refused(refusal: &Refusal) -> WireError {
    match refusal {
        Refusal::TooLarge(_) => WireError::new(ErrorCode::TooLarge, refusal.to_string()),
        Refusal::Kind => WireError::new(ErrorCode::UnsupportedMediaType, refusal.to_string()),
        _ => WireError::invalid("file", refusal.to_string()),
    }
}

/// What the place of the files says is for the log.
fn failed(who: &Who, error: &FilesError) -> ApiError {
    match error {
        FilesError::NotThere => who.refused(Rejection::NotFound),
        FilesError::Failed(_) => {
            log::error!(error:display, "request.id" = who.request_id.as_str(); "a file could not be kept or found");
            who.refused(WireError::new(ErrorCode::Unavailable, "files are not to be had; try again in a moment"))
        }
    }
}

async fn taken(
    who: &Who,
    files: &Files,
    req: &HttpRequest,
    payload: web::Payload,
    file_name: Option<String>,
) -> Result<Upload, ApiError> {
    let most = files.settings().max_bytes;
    let kind = req.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !kind.to_ascii_lowercase().starts_with("multipart/form-data") {
        let bytes = read(who, payload, most).await?;
        return Ok(Upload { name: file_name.unwrap_or_else(|| "file".into()), declared: kind.to_owned(), bytes });
    }
    let mut form = Multipart::new(req.headers(), payload);
    while let Some(field) = form.next().await {
        let field = field.map_err(|_| who.refused(WireError::invalid("body", "is no form that can be read")))?;
        if field.name() != Some("file") {
            // Read past, within the same bound.
            read(who, field, most).await?;
            continue;
        }
        let declared = field.content_type().map(ToString::to_string).unwrap_or_default();
        let given = field.content_disposition().and_then(|value| value.get_filename().map(str::to_owned));
        let name = file_name.or(given).unwrap_or_else(|| "file".into());
        // Some browsers send whole paths.
        let name = name.rsplit(['/', '\\']).next().unwrap_or("file").to_owned();
        return Ok(Upload { name, declared, bytes: read(who, field, most).await? });
    }
    Err(who.refused(WireError::invalid("file", "is missing")))
}

/// Reads until the end, or until there is too much.
async fn read<E>(
    who: &Who,
    mut stream: impl Stream<Item = Result<Bytes, E>> + Unpin,
    most: usize,
) -> Result<Bytes, ApiError> {
    let mut bytes = BytesMut::new();
    while let Some(piece) = stream.next().await {
        let piece = piece.map_err(|_| who.refused(WireError::invalid("body", "cannot be read")))?;
        if bytes.len() + piece.len() > most {
            return Err(who.refused(refused(&Refusal::TooLarge(most))));
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes.freeze())
}

/// With each new file some old ones go that no message has.
async fn forget_unused(who: &Who, files: &Files) {
    let before = who.node.now() - UNUSED;
    let gone = match who.node.store().drop_unused_attachments(before, AT_ONCE).await {
        Ok(gone) => gone,
        Err(error) => return log::warn!(error:display; "unused files were not looked for"),
    };
    for attachment in gone {
        if let Err(error) = files.delete(&attachment.id).await {
            log::warn!(error:display, "attachment.id" = attachment.id.as_str(); "an unused file was not removed");
        }
    }
}

fn signature(node: &Node, id: &str, part: Part, expires: i64) -> Result<String, Failure> {
    node.fingerprint(format!("attachment\n{id}\n{}\n{expires}", part.as_str()).as_bytes())
}

/// Writes where a file, and its small picture, can be got for a while. Relative to where the engine is mounted.
pub(super) fn addresses(who: &Who, files: &Files) -> impl Fn(&mut Object<'_>, &Attachment) {
    let node = std::sync::Arc::clone(&who.node);
    let until = node.now() + crate::config::millis(files.settings().address_ttl_ms);
    move |o, file| {
        let address = |part: Part| {
            let expires = until.as_millis();
            let signature = signature(&node, &file.id, part, expires).ok()?;
            let (id, part) = (&file.id, part.as_str());
            Some(format!("/api/v1/messages/attachments/{id}?part={part}&expires={expires}&signature={signature}"))
        };
        o.text_or_null("file_url", address(Part::Whole).as_deref());
        let small = file.thumbnail.then(|| address(Part::Thumbnail)).flatten();
        o.text_or_null("thumbnail_url", small.as_deref()).time("url_expires_at", until);
    }
}

#[derive(Deserialize)]
pub(in super::super) struct Signed {
    part: Option<String>,
    expires: Option<i64>,
    signature: Option<String>,
}

/// Whoever has a signed address gets the file until it ends; without one there is nothing.
pub(in super::super) async fn get(
    who: Who,
    shared: web::Data<Shared>,
    id: Id,
    query: Params<Signed>,
) -> Result<HttpResponse, ApiError> {
    let not_found = || who.refused(Rejection::NotFound);
    let (id, query) = (id.into_inner(), query.into_inner());
    let part = match query.part.as_deref() {
        None | Some("file") => Part::Whole,
        Some("thumbnail") => Part::Thumbnail,
        Some(_) => return Err(not_found()),
    };
    let (expires, given) = query.expires.zip(query.signature).ok_or_else(not_found)?;
    let wanted = signature(&who.node, &id, part, expires).map_err(|failure| who.refused(failure))?;
    let now = who.node.now();
    if !secret::equal(&wanted, &given) || now > Timestamp::from_millis(expires) {
        return Err(not_found());
    }
    let files = shared.files().ok_or_else(not_found)?;
    let attachment = who.node.store().attachment(&id).await?.ok_or_else(not_found)?;
    let bytes = files.get(&id, part).await.map_err(|error| failed(&who, &error))?;
    Ok(handed_out(&attachment, part, bytes, Timestamp::from_millis(expires).since(now)))
}

/// Nothing in it may run: only images are shown, everything else is saved; and no page of ours is its origin's.
fn handed_out(file: &Attachment, part: Part, bytes: Bytes, good_for: Millis) -> HttpResponse {
    let image = file.media_type.starts_with("image/");
    let media_type = match part {
        Part::Whole => file.media_type.as_str(),
        // Written by us: a JPEG begins with these bytes, else it is a PNG.
        Part::Thumbnail if bytes.starts_with(&[0xFF, 0xD8]) => "image/jpeg",
        Part::Thumbnail => "image/png",
    };
    let disposition = ContentDisposition {
        disposition: if image { DispositionType::Inline } else { DispositionType::Attachment },
        parameters: vec![DispositionParam::FilenameExt(header::ExtendedValue {
            charset: header::Charset::Ext("UTF-8".into()),
            language_tag: None,
            value: file.name.clone().into_bytes(),
        })],
    };
    HttpResponse::Ok()
        .content_type(media_type)
        .insert_header(disposition)
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .insert_header(("cross-origin-resource-policy", "cross-origin"))
        .insert_header((header::CACHE_CONTROL, format!("private, max-age={}", good_for.get() / 1000)))
        .body(bytes)
}
