//! A browser's login: the refresh token in a cookie that scripts cannot read, and what keeps other sites from using it.
//!
//! The refresh cookie holds `seed.token`. The seed stays the same for the whole login, and its hash is what a page has
//! to send in `X-CSRF-Token`; the page reads it from the second cookie. Another site can make a browser send the
//! cookies, but it can neither read the one nor set the header, and it cannot hide where it is.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};

use crate::actors::node::people::Tokens;
use crate::auth::{refresh, secret};
use crate::domain::rejection::Rejection;
use crate::protocol::dialect::shapes;
use crate::protocol::error::{ErrorCode, WireError};

use super::super::origin;
use super::answer::{ApiError, ok};
use super::who::Who;

/// What a page of another site is told.
pub(super) const NOT_OUR_PAGE: &str = "cookies are for this server's own pages";
/// The longest name of a session.
const NAME_CHARS: usize = 16;
/// Digits of a token and of a seed.
const DIGITS: usize = 64;

/// What stays the same for the whole of a browser's login.
pub(super) struct Seed(String);

impl Seed {
    pub(super) fn random() -> Self {
        Self(refresh::random_token())
    }

    /// What the page sends back.
    fn csrf_token(&self) -> String {
        refresh::token_hash(&self.0)
    }
}

/// The cookies of one login. A browser may hold several, one for each page that logs in under a name of its own.
pub(super) struct Jar {
    refresh: String,
    csrf: String,
}

/// A refresh cookie that its own page sent.
pub(super) struct Held {
    pub(super) token: String,
    pub(super) seed: Seed,
}

impl Jar {
    /// The jar of a session; none = the one without a name.
    pub(super) fn named(session: Option<&str>) -> Result<Self, Rejection> {
        let Some(name) = session else {
            return Ok(Self { refresh: "switchboard_refresh".to_owned(), csrf: "switchboard_csrf".to_owned() });
        };
        if !(1..=NAME_CHARS).contains(&name.len()) || !name.bytes().all(|b| b.is_ascii_lowercase()) {
            let message = format!("must be 1 to {NAME_CHARS} of a to z");
            return Err(Rejection::Invalid { field: "session".to_owned(), message });
        }
        Ok(Self { refresh: format!("switchboard_refresh_{name}"), csrf: format!("switchboard_csrf_{name}") })
    }

    /// What the browser holds; none when it holds nothing.
    ///
    /// # Errors
    /// `forbidden` when another site's page sent it, or without the right `X-CSRF-Token`.
    pub(super) fn held(&self, req: &HttpRequest, who: &Who) -> Result<Option<Held>, ApiError> {
        let Some((seed, token)) = cookie(req, &self.refresh).as_deref().and_then(parts) else { return Ok(None) };
        let seed = Seed(seed);
        if !origin::is_from_our_page(req, &who.node) {
            return Err(who.refused(WireError::new(ErrorCode::Forbidden, NOT_OUR_PAGE)));
        }
        let given = req.headers().get("x-csrf-token").and_then(|value| value.to_str().ok()).unwrap_or("");
        if !secret::equal(&seed.csrf_token(), given) {
            let message = "X-CSRF-Token does not belong to this login";
            return Err(who.refused(WireError::new(ErrorCode::Forbidden, message)));
        }
        Ok(Some(Held { token, seed }))
    }

    /// A login's answer, without the refresh token: that goes into the cookie.
    pub(super) fn answer(&self, req: &HttpRequest, who: &Who, tokens: Tokens, seed: &Seed) -> HttpResponse {
        let csrf = seed.csrf_token();
        let mut response = ok(|o| {
            o.text("token", &tokens.token).time("expiresAt", tokens.expires_at).text("csrfToken", &csrf);
            o.object("user", |o| shapes::user(o, &tokens.user));
        });
        let token = tokens.refresh_token.unwrap_or_default();
        let lives = who.node.config().auth.refresh_token_ttl_s;
        let [refresh, csrf] = self.lines(req, who, &format!("{}.{token}", seed.0), &csrf, lives);
        for line in [refresh, csrf] {
            if let Ok(line) = header::HeaderValue::from_str(&line) {
                response.headers_mut().append(header::SET_COOKIE, line);
            }
        }
        response.headers_mut().insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
        response
    }

    /// Takes both cookies back.
    pub(super) fn clear(&self, req: &HttpRequest, who: &Who, response: &mut HttpResponseBuilder) {
        for line in self.lines(req, who, "", "", 0) {
            response.append_header((header::SET_COOKIE, line));
        }
    }

    /// Both `Set-Cookie` values (RFC 6265 §4.1). A host may have mounted us anywhere, so the paths follow the request's.
    fn lines(&self, req: &HttpRequest, who: &Who, held: &str, csrf: &str, lives_s: u64) -> [String; 2] {
        let path = req.path().rsplit_once('/').map_or("/", |(front, _)| front);
        let root = path.strip_suffix("api/v1/auth").unwrap_or("/");
        let public = who.node.config().server.public_origin.as_deref().unwrap_or("");
        let https = public.starts_with("https://") || req.connection_info().scheme() == "https";
        let secure = if https { "; Secure" } else { "" };
        let tail = format!("Max-Age={lives_s}; SameSite=Strict{secure}");
        [
            format!("{}={held}; Path={path}; {tail}; HttpOnly", self.refresh),
            format!("{}={csrf}; Path={root}; {tail}", self.csrf),
        ]
    }
}

/// A cookie's value.
fn cookie(req: &HttpRequest, name: &str) -> Option<String> {
    let lines = req.headers().get_all(header::COOKIE).filter_map(|value| value.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(found, _)| *found == name).map(|(_, value)| value.to_owned())
}

fn parts(value: &str) -> Option<(String, String)> {
    let digits = |text: &str| text.len() == DIGITS && text.bytes().all(|b| b.is_ascii_hexdigit());
    let (seed, token) = value.split_once('.')?;
    (digits(seed) && digits(token)).then(|| (seed.to_owned(), token.to_owned()))
}
