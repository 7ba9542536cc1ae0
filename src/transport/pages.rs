//! The pages that come with the program: the demo at `/`, `/console`, `/admin`, and the widget for other sites.
//!
//! They are files: no template, nothing of a request in them. What they may do is in their headers.

mod library;

use std::path::Path;
use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::middleware::from_fn;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, guard, web};

use crate::config;
use crate::domain::ids::ChatbotId;
use crate::protocol::error::{ErrorCode, WireError};

use super::edge;
use super::rest::answer::ApiError;
use super::sockets::Worker;
use library::{Asset, Coding, Library};

/// For names that change with their content: a year, the longest that anyone keeps.
const FOREVER: &str = "public, max-age=31536000, immutable";
/// The widget's first file is asked for by every page of a site: for five minutes without asking us.
const A_WHILE: &str = "public, max-age=300";
/// Kept, and asked about each time.
const ASK: &str = "no-cache";
/// What no page of ours needs.
const PERMISSIONS: &str = "camera=(), display-capture=(), geolocation=(), microphone=(), midi=(), payment=(), \
                           publickey-credentials-get=(), serial=(), usb=()";

/// The files of all pages. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Pages {
    library: Arc<Library>,
}

impl Pages {
    /// As the settings say; none when they are switched off.
    ///
    /// # Errors
    /// A folder that cannot be read.
    pub fn open(settings: &config::Pages) -> std::io::Result<Option<Self>> {
        if !settings.enabled {
            return Ok(None);
        }
        let library = match &settings.folder {
            Some(folder) => Library::read(Path::new(folder))?,
            None => Library::shipped(),
        };
        Ok(Some(Self { library: Arc::new(library) }))
    }

    /// Mounts the pages. Before the default service, and after the sockets: an upgrade at `/` is theirs.
    pub fn configure(&self, config: &mut web::ServiceConfig) {
        let asked = || guard::Any(guard::Get()).or(guard::Head());
        config.app_data(web::Data::new(self.clone()));
        for path in ["/", "/favicon.ico", "/favicon.svg", "/assets/{rest:.*}"] {
            config.route(path, web::route().guard(asked()).to(demo).wrap(from_fn(edge::pass)));
        }
        for path in ["/console", "/admin", "/widget"] {
            config.route(path, web::route().guard(asked()).to(with_slash).wrap(from_fn(edge::pass)));
        }
        config.route("/console/{rest:.*}", web::route().guard(asked()).to(console).wrap(from_fn(edge::pass)));
        config.route("/admin/{rest:.*}", web::route().guard(asked()).to(admin).wrap(from_fn(edge::pass)));
        config.route("/widget.js", web::route().guard(asked()).to(widget).wrap(from_fn(edge::pass)));
        config.route("/widget/{rest:.*}", web::route().guard(asked()).to(widget).wrap(from_fn(edge::pass)));
    }
}

/// Which page's file is answered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Face {
    /// Ours alone.
    Own,
    /// Other sites load it.
    Widget,
}

async fn demo(req: HttpRequest, pages: web::Data<Pages>) -> Result<HttpResponse, ApiError> {
    let path = req.path();
    let name = match req.match_info().get("rest") {
        Some(rest) => format!("demo/assets/{rest}"),
        None if path.ends_with('/') || path.is_empty() => "demo/index.html".to_owned(),
        None => format!("demo/{}", path.rsplit('/').next().unwrap_or("")),
    };
    let asset = pages.library.get(&name).ok_or_else(missing)?;
    answer(&req, &pages, asset, &name, Face::Own).await
}

async fn console(req: HttpRequest, pages: web::Data<Pages>) -> Result<HttpResponse, ApiError> {
    application(&req, &pages, "console").await
}

async fn admin(req: HttpRequest, pages: web::Data<Pages>) -> Result<HttpResponse, ApiError> {
    application(&req, &pages, "admin").await
}

/// A file of the application, or its page for every address that looks like no file: it finds its way by itself.
async fn application(req: &HttpRequest, pages: &Pages, face: &str) -> Result<HttpResponse, ApiError> {
    let rest = req.match_info().get("rest").unwrap_or("");
    let file = format!("{face}/{rest}");
    if let Some(asset) = pages.library.get(&file) {
        return answer(req, pages, asset, &file, Face::Own).await;
    }
    let looks_like_a_file = rest.rsplit('/').next().is_some_and(|last| last.contains('.'));
    let page = format!("{face}/index.html");
    let found = pages.library.page(&page, rest.matches('/').count()).filter(|_| !looks_like_a_file);
    answer(req, pages, found.ok_or_else(missing)?, &page, Face::Own).await
}

async fn widget(req: HttpRequest, pages: web::Data<Pages>) -> Result<HttpResponse, ApiError> {
    let name = match req.match_info().get("rest") {
        None => "widget/widget.js".to_owned(),
        Some("" | "chat") => "widget/index.html".to_owned(),
        Some(rest) => format!("widget/{rest}"),
    };
    let asset = pages.library.get(&name).ok_or_else(missing)?;
    answer(&req, &pages, asset, &name, Face::Widget).await
}

/// To the address from which relative ones are right; itself relative, because a host may have mounted us anywhere.
async fn with_slash(req: HttpRequest) -> HttpResponse {
    let last = req.path().rsplit('/').next().unwrap_or("");
    let query = if req.query_string().is_empty() { String::new() } else { format!("?{}", req.query_string()) };
    HttpResponse::PermanentRedirect()
        .insert_header((header::LOCATION, format!("{last}/{query}")))
        .insert_header((header::CACHE_CONTROL, ASK))
        .finish()
}

fn missing() -> ApiError {
    WireError::new(ErrorCode::NotFound, "there is no such page").into()
}

async fn answer(
    req: &HttpRequest,
    pages: &Pages,
    asset: &Asset,
    name: &str,
    face: Face,
) -> Result<HttpResponse, ApiError> {
    let accepted = req.headers().get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or("");
    let wanted = if asset.compressible { Coding::best(accepted) } else { Coding::Identity };
    let (coding, body) = match asset.ready(wanted) {
        Some(ready) => ready,
        None => pack(pages, name, req, wanted).await.unwrap_or_else(|| asset.body(Coding::Identity)),
    };
    let tag = asset.tag(coding);
    let mut response = HttpResponse::Ok();
    headers(&mut response, req, asset, name, face);
    response.insert_header((header::ETAG, tag.as_str()));
    if known(req, &tag) {
        return Ok(response.status(StatusCode::NOT_MODIFIED).finish());
    }
    response.insert_header((header::CONTENT_TYPE, asset.kind));
    if let Some(coding) = coding.name() {
        response.insert_header((header::CONTENT_ENCODING, coding));
    }
    Ok(response.body(body))
}

/// Compresses a file, once in the life of the process, and not on the thread that carries the sockets.
async fn pack(pages: &Pages, name: &str, req: &HttpRequest, wanted: Coding) -> Option<(Coding, web::Bytes)> {
    let depth = req.match_info().get("rest").filter(|_| name.ends_with("index.html"));
    let depth = depth.map_or(0, |rest| rest.matches('/').count());
    let (library, name) = (Arc::clone(&pages.library), name.to_owned());
    let packed = web::block(move || library.page(&name, depth).map(|asset| asset.body(wanted))).await;
    packed.ok().flatten()
}

/// Whether the browser has these very bytes (RFC 9110 §13.1.2).
fn known(req: &HttpRequest, tag: &str) -> bool {
    let given = req.headers().get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok()).unwrap_or("");
    given.split(',').map(str::trim).any(|known| known == "*" || known.trim_start_matches("W/") == tag)
}

fn headers(response: &mut HttpResponseBuilder, req: &HttpRequest, asset: &Asset, name: &str, face: Face) {
    let is_page = name.ends_with(".html");
    let kept = match (asset.hashed, name) {
        (true, _) => FOREVER,
        (false, "widget/widget.js") => A_WHILE,
        (false, _) => ASK,
    };
    response.insert_header((header::CACHE_CONTROL, kept));
    if asset.compressible {
        response.append_header((header::VARY, "accept-encoding"));
    }
    let framed_by = if is_page && face == Face::Widget { framed_by(req) } else { String::new() };
    put(response, header::CONTENT_SECURITY_POLICY, &policy(req, &framed_by));
    put(response, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    put(response, header::REFERRER_POLICY, "same-origin");
    if is_page {
        put(response, HeaderName::from_static("permissions-policy"), PERMISSIONS);
        put(response, header::CROSS_ORIGIN_OPENER_POLICY, "same-origin");
    }
    match face {
        Face::Own => put(response, header::CROSS_ORIGIN_RESOURCE_POLICY, "same-origin"),
        Face::Widget => {
            put(response, header::CROSS_ORIGIN_RESOURCE_POLICY, "cross-origin");
            put(response, header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
        }
    }
}

fn put(response: &mut HttpResponseBuilder, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.insert_header((name, value));
    }
}

/// Only our own files and our own sockets; nothing inline, nothing from elsewhere.
fn policy(req: &HttpRequest, framed_by: &str) -> String {
    let sockets = sockets(req).unwrap_or_default();
    let framed_by = if framed_by.is_empty() { "'none'" } else { framed_by };
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
         media-src 'self'; worker-src 'self'; manifest-src 'self'; connect-src 'self'{sockets}; base-uri 'none'; \
         form-action 'self'; frame-ancestors {framed_by}"
    )
}

/// Some browsers do not count sockets as `'self'`, so they are named.
fn sockets(req: &HttpRequest) -> Option<String> {
    let worker = req.app_data::<web::Data<Worker>>()?;
    if let Some(public) = &worker.node.config().server.public_origin {
        let (scheme, host) = public.trim_end_matches('/').split_once("://")?;
        return Some(format!(" {}://{host}", if scheme == "https" { "wss" } else { "ws" }));
    }
    let host = req.headers().get(header::HOST)?.to_str().ok()?;
    let plain = host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':' | b'[' | b']'));
    (plain && !host.is_empty()).then(|| format!(" ws://{host} wss://{host}"))
}

/// The standalone widget may be in frames of our own pages, and of those that the chatbot allows.
fn framed_by(req: &HttpRequest) -> String {
    let mut sources = vec!["'self'".to_owned()];
    let asked = web::Query::<Vec<(String, String)>>::from_query(req.query_string()).ok();
    let asked = asked.and_then(|query| query.into_inner().into_iter().find(|(name, _)| name == "chatbot"));
    let id = asked.map_or_else(|| ChatbotId::from(crate::domain::chatbot::DEFAULT_CHATBOT), |(_, id)| id.into());
    let worker = req.app_data::<web::Data<Worker>>();
    let bot = worker.and_then(|worker| worker.node.chatbot(&id));
    for origin in bot.into_iter().flat_map(|bot| bot.allowed_origins) {
        let origin = origin.trim_end_matches('/');
        // What would end the directive is no origin.
        if origin.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b';' | b',' | b'\'' | b'"')) {
            sources.push(origin.to_owned());
        }
    }
    sources.join(" ")
}
